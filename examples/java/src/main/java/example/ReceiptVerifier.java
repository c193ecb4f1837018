package example;

import com.google.protobuf.InvalidProtocolBufferException;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import xingate.v1.Trace.Receipt;
import xingate.v1.Trace.TraceRecord;

/**
 * Verifies a receipt with the log's public key alone: the key signed a checkpoint (C2SP signed-note and
 * tlog-checkpoint, Ed25519), and the leaf is in the tree that the checkpoint names (RFC 6962, section 2.1).
 *
 * <p>What it does not show: that the answer was right, or that the log shows everybody the same tree.
 */
final class ReceiptVerifier {
    private static final String FORMAT = "xingate-receipt/1";
    private static final byte ED25519 = 1;
    private static final byte[] ED25519_DER = HexFormat.of().parseHex("302a300506032b6570032100"); // RFC 8410

    private ReceiptVerifier() {}

    /** The receipt proves nothing; the message says why. */
    static final class NotProvenException extends Exception {
        NotProvenException(String message) {
            super(message);
        }
    }

    /** What is proved, in words. */
    static String verify(Receipt receipt, String verifierKey) throws NotProvenException {
        if (!receipt.getFormat().equals(FORMAT)) {
            throw new NotProvenException("it is no " + FORMAT);
        }
        String text = signedText(receipt.getCheckpoint(), verifierKey);
        String[] lines = text.split("\n");
        if (lines.length < 3 || !lines[1].matches("0|[1-9][0-9]*")) {
            throw new NotProvenException("the checkpoint is malformed");
        }
        if (!lines[0].equals(receipt.getLogOrigin()) || !verifierKey.startsWith(lines[0] + "+")) {
            throw new NotProvenException("the checkpoint is of another log");
        }
        byte[] leaf = receipt.getLeaf().toByteArray();
        List<byte[]> proof = receipt.getInclusionProofList().stream().map(hash -> hash.toByteArray()).toList();
        byte[] root = root(hash((byte) 0, leaf), receipt.getLeafIndex(), size(lines[1]), proof);
        if (!Arrays.equals(root, decode(lines[2]))) {
            throw new NotProvenException("the proof does not lead to the signed root");
        }
        try {
            TraceRecord record = TraceRecord.parseFrom(leaf);
            if (record.getBodyCase() == TraceRecord.BodyCase.BODY_NOT_SET) {
                throw new NotProvenException("the leaf is a record of an unknown kind");
            }
            if (!record.getRecordId().equals(receipt.getRecordId())) {
                throw new NotProvenException("the leaf is another record");
            }
            String what = record.hasCheck() ? record.getCheck().getVerdict().name() : record.getBodyCase().name();
            return what + " is on record as " + record.getRecordId() + " since " + record.getTime() + ", leaf "
                    + Long.toUnsignedString(receipt.getLeafIndex()) + " of the " + lines[1] + " that " + lines[0] + " signed";
        } catch (InvalidProtocolBufferException error) {
            throw new NotProvenException("the leaf is no record");
        }
    }

    private static long size(String text) throws NotProvenException {
        try {
            return Long.parseUnsignedLong(text);
        } catch (NumberFormatException error) {
            throw new NotProvenException("the tree size is malformed");
        }
    }

    /** RFC 6962 section 2.1.1, as RFC 9162 section 2.1.3.2 climbs it; counts are unsigned. */
    private static byte[] root(byte[] leaf, long index, long size, List<byte[]> proof) throws NotProvenException {
        if (Long.compareUnsigned(index, size) >= 0) {
            throw new NotProvenException("the leaf is beyond the tree");
        }
        long place = index;
        long last = size - 1;
        byte[] node = leaf;
        for (byte[] sibling : proof) {
            if (last == 0 || sibling.length != 32) {
                throw new NotProvenException("the proof is malformed");
            }
            if ((place & 1) == 1 || place == last) {
                node = hash((byte) 1, sibling, node);
                while ((place & 1) == 0 && place != 0) {
                    place >>>= 1;
                    last >>>= 1;
                }
            } else {
                node = hash((byte) 1, node, sibling);
            }
            place >>>= 1;
            last >>>= 1;
        }
        if (last != 0) {
            throw new NotProvenException("the proof is too short");
        }
        return node;
    }

    /** The text of a signed note, once the key (name+id+base64) has been found to have signed it. */
    private static String signedText(String note, String verifierKey) throws NotProvenException {
        String[] parts = verifierKey.split("\\+", 3);
        byte[] key = parts.length == 3 ? decode(parts[2]) : new byte[0];
        int blank = note.lastIndexOf("\n\n");
        if (key.length != 33 || key[0] != ED25519 || blank < 0 || !note.endsWith("\n")) {
            throw new NotProvenException("the verifier key or the note is malformed");
        }
        byte[] id = Arrays.copyOf(sha256((parts[0] + "\n").getBytes(StandardCharsets.UTF_8), key), 4);
        if (!HexFormat.of().formatHex(id).equals(parts[1])) {
            throw new NotProvenException("the verifier key has the id of another");
        }
        String text = note.substring(0, blank + 1);
        String begin = "\u2014 " + parts[0] + " ";
        for (String line : note.substring(blank + 2).split("\n")) {
            if (!line.startsWith(begin)) {
                continue; // of another key, such as a witness's
            }
            byte[] signature = decode(line.substring(begin.length()));
            if (signature.length == 68 && Arrays.equals(Arrays.copyOf(signature, 4), id)
                    && isSigned(key, text, Arrays.copyOfRange(signature, 4, 68))) {
                return text;
            }
        }
        throw new NotProvenException("the key did not sign the checkpoint");
    }

    private static boolean isSigned(byte[] key, String text, byte[] signature) throws NotProvenException {
        try {
            byte[] encoded = Arrays.copyOf(ED25519_DER, 44);
            System.arraycopy(key, 1, encoded, 12, 32);
            PublicKey publicKey = KeyFactory.getInstance("Ed25519").generatePublic(new X509EncodedKeySpec(encoded));
            Signature verifier = Signature.getInstance("Ed25519");
            verifier.initVerify(publicKey);
            verifier.update(text.getBytes(StandardCharsets.UTF_8));
            return verifier.verify(signature);
        } catch (GeneralSecurityException error) {
            throw new NotProvenException("the signature cannot be verified: " + error.getMessage());
        }
    }

    private static byte[] hash(byte prefix, byte[]... parts) throws NotProvenException {
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        content.write(prefix);
        for (byte[] part : parts) {
            content.writeBytes(part);
        }
        return sha256(content.toByteArray());
    }

    private static byte[] sha256(byte[]... parts) throws NotProvenException {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            for (byte[] part : parts) {
                digest.update(part);
            }
            return digest.digest();
        } catch (GeneralSecurityException error) {
            throw new NotProvenException("this machine has no SHA-256");
        }
    }

    private static byte[] decode(String text) throws NotProvenException {
        try {
            return Base64.getDecoder().decode(text);
        } catch (IllegalArgumentException error) {
            throw new NotProvenException("`" + text + "` is not base64");
        }
    }
}
