// Verifies a receipt with the log's public key alone: the key signed a checkpoint (C2SP signed-note and
// tlog-checkpoint, Ed25519), and the leaf is in the tree that the checkpoint names (RFC 6962, section 2.1).
// What it does not show: that the answer was right, or that the log shows everybody the same tree.

import { createHash, createPublicKey, verify } from "node:crypto";
import { fromBinary } from "@bufbuild/protobuf";
import { type Receipt, type TraceRecord, TraceRecordSchema } from "../gen/xingate/v1/trace_pb.js";
import { Verdict } from "../gen/xingate/v1/types_pb.js";

const FORMAT = "xingate-receipt/1";
const ED25519 = 1;
const ED25519_DER = Buffer.from("302a300506032b6570032100", "hex"); // RFC 8410

/** The receipt proves nothing; the message says why. */
export class NotProvenError extends Error {}

/** What is proved, in words. Throws NotProvenError. */
export function verifyReceipt(receipt: Receipt, verifierKey: string): string {
  if (receipt.format !== FORMAT) throw new NotProvenError(`it is no ${FORMAT}`);
  const [origin = "", size = "", rootText = ""] = signedText(receipt.checkpoint, verifierKey).split("\n");
  if (!/^(0|[1-9][0-9]{0,19})$/.test(size)) throw new NotProvenError("the checkpoint is malformed");
  if (origin !== receipt.logOrigin || !verifierKey.startsWith(`${origin}+`)) {
    throw new NotProvenError("the checkpoint is of another log");
  }
  const root = rootOf(sha256(Buffer.of(0), receipt.leaf), receipt.leafIndex, BigInt(size), receipt.inclusionProof);
  if (!root.equals(decode(rootText))) throw new NotProvenError("the proof does not lead to the signed root");

  const record = recordOf(receipt.leaf);
  if (record.body.case === undefined) throw new NotProvenError("the leaf is a record of an unknown kind");
  if (record.recordId !== receipt.recordId) throw new NotProvenError("the leaf is another record");
  const what = record.body.case === "check" ? `VERDICT_${Verdict[record.body.value.verdict]}` : record.body.case;
  return (
    `${what} is on record as ${record.recordId} since ${record.time}, ` +
    `leaf ${receipt.leafIndex} of the ${size} that ${origin} signed`
  );
}

/** RFC 6962 section 2.1.1, as RFC 9162 section 2.1.3.2 climbs it. */
function rootOf(leaf: Buffer, index: bigint, size: bigint, proof: Uint8Array[]): Buffer {
  if (index >= size) throw new NotProvenError("the leaf is beyond the tree");
  let [place, last, node] = [index, size - 1n, leaf];
  for (const sibling of proof) {
    if (last === 0n || sibling.length !== 32) throw new NotProvenError("the proof is malformed");
    if (place & 1n || place === last) {
      node = sha256(Buffer.of(1), sibling, node);
      while (!(place & 1n) && place !== 0n) {
        place >>= 1n;
        last >>= 1n;
      }
    } else {
      node = sha256(Buffer.of(1), node, sibling);
    }
    place >>= 1n;
    last >>= 1n;
  }
  if (last !== 0n) throw new NotProvenError("the proof is too short");
  return node;
}

/** The text of a signed note, once the key (name+id+base64) has been found to have signed it. */
function signedText(note: string, verifierKey: string): string {
  const [name = "", idText = "", ...rest] = verifierKey.split("+");
  const key = decode(rest.join("+")); // base64 has plus signs of its own
  const blank = note.lastIndexOf("\n\n");
  if (key.length !== 33 || key[0] !== ED25519 || blank < 0 || !note.endsWith("\n")) {
    throw new NotProvenError("the verifier key or the note is malformed");
  }
  const id = sha256(Buffer.from(`${name}\n`), key).subarray(0, 4);
  if (id.toString("hex") !== idText) throw new NotProvenError("the verifier key has the id of another");
  const publicKey = createPublicKey({
    key: Buffer.concat([ED25519_DER, key.subarray(1)]),
    format: "der",
    type: "spki",
  });
  const text = note.slice(0, blank + 1);
  const begin = `\u2014 ${name} `;
  for (const line of note.slice(blank + 2).split("\n")) {
    if (!line.startsWith(begin)) continue; // of another key, such as a witness's
    const signature = decode(line.slice(begin.length));
    const isOurs = signature.length === 68 && signature.subarray(0, 4).equals(id);
    if (isOurs && verify(null, Buffer.from(text), publicKey, signature.subarray(4))) return text;
  }
  throw new NotProvenError("the key did not sign the checkpoint");
}

function recordOf(leaf: Uint8Array): TraceRecord {
  try {
    return fromBinary(TraceRecordSchema, leaf);
  } catch {
    throw new NotProvenError("the leaf is no record");
  }
}

function sha256(...parts: Uint8Array[]): Buffer {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest();
}

function decode(text: string): Buffer {
  const content = Buffer.from(text, "base64");
  if (content.toString("base64") !== text) throw new NotProvenError(`\`${text}\` is not base64`);
  return content;
}
