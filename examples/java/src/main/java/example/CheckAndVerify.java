package example;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.util.JsonFormat;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.MethodDescriptor;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.ProtoUtils;
import io.grpc.stub.ClientCalls;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import xingate.v1.Trace.Checkpoint;
import xingate.v1.Trace.GetCheckpointRequest;
import xingate.v1.Trace.GetReceiptRequest;
import xingate.v1.Trace.Receipt;
import xingate.v1.Types.Caller;
import xingate.v1.Types.Identifier;
import xingate.v1.Types.Subject;
import xingate.v1.Types.SubjectKind;
import xingate.v1.Verification.CheckRequest;
import xingate.v1.Verification.CheckResponse;

/** Asks a gateway one question over gRPC and proves offline that it is on record; or verifies receipt files. */
public final class CheckAndVerify {
    private static final int MOST_BYTES = 64 << 20; // answers may be larger than gRPC's 4 MiB
    private static final String USAGE = "usage: check HOST:PORT CODE ACTION [VERIFIER_KEY] | verify VERIFIER_KEY FILE...";

    private CheckAndVerify() {}

    /** Exit code 0: all is proved; 1: something is not; 2: wrong usage; 3: no verdict. */
    public static void main(String[] arguments) throws Exception {
        List<String> given = Arrays.asList(arguments);
        if (given.size() >= 4 && given.get(0).equals("check")) {
            System.exit(check(given.get(1), given.get(2), given.get(3), given.size() > 4 ? given.get(4) : null));
        } else if (given.size() >= 3 && given.get(0).equals("verify")) {
            System.exit(verify(given.get(1), given.subList(2, given.size())));
        }
        System.err.println(USAGE);
        System.exit(2);
    }

    private static int check(String target, String code, String action, String key) throws InterruptedException {
        ManagedChannel channel =
                ManagedChannelBuilder.forTarget(target).usePlaintext().maxInboundMessageSize(MOST_BYTES).build();
        try {
            CheckResponse answer = call(channel, "VerificationService/Check", question(code, action),
                    CheckResponse.getDefaultInstance());
            System.out.println("answered: " + answer.getVerdict());
            answer.getMeasuresList().forEach(
                    measure -> System.out.println("  " + measure.getId() + " " + measure.getTitle().getZh()));

            String recordId = answer.getTrace().getRecordId();
            Receipt receipt = call(channel, "TraceService/GetReceipt",
                    GetReceiptRequest.newBuilder().setRecordId(recordId).build(), Receipt.getDefaultInstance());
            if (key == null) { // better: the key that the log's operator published
                key = call(channel, "TraceService/GetCheckpoint", GetCheckpointRequest.getDefaultInstance(),
                        Checkpoint.getDefaultInstance()).getVerifierKey();
            }
            // From here on nothing is asked: the receipt and the log's key are enough, years later and anywhere.
            if (!receipt.getRecordId().equals(recordId)) {
                throw new ReceiptVerifier.NotProvenException("the receipt is of another record");
            }
            System.out.println("proved: " + ReceiptVerifier.verify(receipt, key));
            return 0;
        } catch (StatusRuntimeException error) {
            System.err.println("no verdict: " + error.getStatus());
            return 3;
        } catch (ReceiptVerifier.NotProvenException error) {
            System.err.println("not proved: " + error.getMessage());
            return 1;
        } finally {
            channel.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
        }
    }

    private static int verify(String key, List<String> files) throws IOException {
        int code = 0;
        for (String file : files) {
            try {
                Receipt.Builder receipt = Receipt.newBuilder();
                JsonFormat.parser().merge(Files.readString(Path.of(file)), receipt);
                System.out.println(file + ": proved: " + ReceiptVerifier.verify(receipt.build(), key));
            } catch (InvalidProtocolBufferException error) {
                System.out.println(file + ": not proved: it is no receipt");
                code = 1;
            } catch (ReceiptVerifier.NotProvenException error) {
                System.out.println(file + ": not proved: " + error.getMessage());
                code = 1;
            }
        }
        return code;
    }

    private static CheckRequest question(String code, String action) {
        return CheckRequest.newBuilder()
                .setSubject(Subject.newBuilder()
                        .setKind(SubjectKind.SUBJECT_KIND_LEGAL_ENTITY)
                        .addIdentifiers(Identifier.newBuilder().setValue(code)))
                .setAction(action)
                .setMatter("示例-0001")
                .setCaller(Caller.newBuilder().setSystem("java").setOrganisation("示例单位"))
                .build();
    }

    /** One call: all that a generated stub would add to the generated messages. */
    private static <Q extends Message, A extends Message> A call(Channel channel, String method, Q question, A answer) {
        MethodDescriptor<Q, A> descriptor = MethodDescriptor.<Q, A>newBuilder()
                .setType(MethodDescriptor.MethodType.UNARY)
                .setFullMethodName("xingate.v1." + method)
                .setRequestMarshaller(marshaller(question))
                .setResponseMarshaller(marshaller(answer))
                .build();
        CallOptions options = CallOptions.DEFAULT.withDeadlineAfter(10, TimeUnit.SECONDS);
        return ClientCalls.blockingUnaryCall(channel, descriptor, options, question);
    }

    @SuppressWarnings("unchecked")
    private static <M extends Message> MethodDescriptor.Marshaller<M> marshaller(M message) {
        return ProtoUtils.marshaller((M) message.getDefaultInstanceForType());
    }
}
