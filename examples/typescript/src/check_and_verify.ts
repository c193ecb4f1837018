// Asks a gateway one question over gRPC and proves offline that it is on record; or verifies receipt files.
// Exit code 0: all is proved; 1: something is not; 2: wrong usage; 3: no verdict.

import { readFile } from "node:fs/promises";
import { fromJsonString } from "@bufbuild/protobuf";
import { ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { ReceiptSchema, TraceService } from "../gen/xingate/v1/trace_pb.js";
import { SubjectKind, Verdict } from "../gen/xingate/v1/types_pb.js";
import { VerificationService } from "../gen/xingate/v1/verification_pb.js";
import { NotProvenError, verifyReceipt } from "./receipt.js";

async function check(url: string, code: string, action: string, key?: string): Promise<number> {
  const transport = createGrpcTransport({ baseUrl: url, defaultTimeoutMs: 10_000 });
  const verification = createClient(VerificationService, transport);
  const trace = createClient(TraceService, transport);
  try {
    const answer = await verification.check({
      subject: { kind: SubjectKind.LEGAL_ENTITY, identifiers: [{ value: code }] },
      action,
      matter: "示例-0001",
      caller: { system: "typescript", organisation: "示例单位" },
    });
    console.log(`answered: VERDICT_${Verdict[answer.verdict]}`);
    for (const measure of answer.measures) console.log(`  ${measure.id} ${measure.title?.zh}`);

    const recordId = answer.trace?.recordId ?? "";
    const receipt = await trace.getReceipt({ recordId });
    key ??= (await trace.getCheckpoint({})).verifierKey; // better: the key that the log's operator published
    // From here on nothing is asked: the receipt and the log's key are enough, years later and anywhere.
    if (receipt.recordId !== recordId) throw new NotProvenError("the receipt is of another record");
    console.log(`proved: ${verifyReceipt(receipt, key)}`);
    return 0;
  } catch (error) {
    if (error instanceof NotProvenError) console.error(`not proved: ${error.message}`);
    else if (error instanceof ConnectError) console.error(`no verdict: ${error.message}`);
    else throw error;
    return error instanceof NotProvenError ? 1 : 3;
  }
}

async function verify(key: string, files: string[]): Promise<number> {
  let code = 0;
  for (const file of files) {
    try {
      console.log(`${file}: proved: ${verifyReceipt(fromReceiptJson(await readFile(file, "utf8")), key)}`);
    } catch (error) {
      if (!(error instanceof NotProvenError)) throw error;
      console.log(`${file}: not proved: ${error.message}`);
      code = 1;
    }
  }
  return code;
}

function fromReceiptJson(text: string) {
  try {
    return fromJsonString(ReceiptSchema, text);
  } catch {
    throw new NotProvenError("it is no receipt");
  }
}

const [command, ...given] = process.argv.slice(2);
if (command === "check" && given.length >= 3) {
  process.exitCode = await check(given[0]!, given[1]!, given[2]!, given[3]);
} else if (command === "verify" && given.length >= 2) {
  process.exitCode = await verify(given[0]!, given.slice(1));
} else {
  console.error("usage: check URL CODE ACTION [VERIFIER_KEY] | verify VERIFIER_KEY FILE...");
  process.exitCode = 2;
}
