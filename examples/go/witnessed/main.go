// Witnessed is a log in Go whose checkpoints `xingate witness serve` cosigns, and a fork of it that the witness refuses.
//
//	witnessed -new KEYS                                            makes KEYS/log.key and KEYS/log.pub
//	xingate witness serve --log KEYS/log.pub --name W --dir D      the witness; its key is D/witness.pub
//	witnessed -keys KEYS -witness URL -witness-key D/witness.pub   asks it; exit code 1: it did not answer as it has to
package main

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/transparency-dev/formats/log"
	cosigned "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const origin = "log.example/in-go"

func main() {
	made := flag.String("new", "", "make the log's keys in this folder, and end")
	keys := flag.String("keys", "", "the folder of the log's keys")
	url := flag.String("witness", "", "the witness: http://HOST:PORT/add-checkpoint")
	key := flag.String("witness-key", "", "the file of the witness's verifier key")
	flag.Parse()
	err := error(nil)
	if *made != "" {
		err = newKeys(*made)
	} else {
		err = ask(*keys, *url, *key)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "witnessed:", err)
		os.Exit(1)
	}
}

func newKeys(folder string) error {
	secret, public, err := note.GenerateKey(rand.Reader, origin)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(folder, "log.key"), []byte(secret+"\n"), 0o600); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, "log.pub"), []byte(public+"\n"), 0o644)
}

func ask(keys, url, witnessKey string) error {
	secret, err := read(filepath.Join(keys, "log.key"))
	if err != nil {
		return err
	}
	public, err := read(filepath.Join(keys, "log.pub"))
	if err != nil {
		return err
	}
	cosigner, err := read(witnessKey)
	if err != nil {
		return err
	}
	signer, err := note.NewSigner(secret)
	if err != nil {
		return err
	}
	verifier, err := note.NewVerifier(public)
	if err != nil {
		return err
	}
	witness, err := cosigned.NewVerifierForCosignatureV1(cosigner)
	if err != nil {
		return err
	}
	otherSecret, _, err := note.GenerateKey(rand.Reader, origin)
	if err != nil {
		return err
	}
	stranger, err := note.NewSigner(otherSecret)
	if err != nil {
		return err
	}
	honest, fork := newTree("leaf"), newTree("other leaf")
	w := witnessAt{url, verifier, witness}
	for _, step := range []struct {
		what     string
		tree     *tree
		old, new int64
		signer   note.Signer
		status   int
	}{
		{"the first checkpoint", honest, 0, 5, signer, 200},
		{"one that continues it", honest, 5, 300, signer, 200},
		{"the same again", honest, 300, 300, signer, 200},
		{"one from a size that was passed", honest, 5, 301, signer, 409},
		{"a fork that goes on", fork, 300, 400, signer, 422},
		{"a fork of the same size", fork, 300, 300, signer, 422},
		{"one that another key signed", honest, 300, 400, stranger, 403},
		{"one that continues it after all that", honest, 300, 1000, signer, 200},
	} {
		if err := w.ask(step.tree, step.old, step.new, step.signer, step.status); err != nil {
			return fmt.Errorf("%s: %w", step.what, err)
		}
		fmt.Printf("%d as it has to be: %s\n", step.status, step.what)
	}
	return nil
}

type witnessAt struct {
	url          string
	log, witness note.Verifier
}

// ask sends a checkpoint, and checks the answer's status and the cosignature, or for 409 the size and its media type.
func (w witnessAt) ask(t *tree, old, size int64, signer note.Signer, status int) error {
	checkpoint := log.Checkpoint{Origin: origin, Size: uint64(size), Hash: t.root(size)}
	signed, err := note.Sign(&note.Note{Text: string(checkpoint.Marshal())}, signer)
	if err != nil {
		return err
	}
	var body bytes.Buffer
	fmt.Fprintf(&body, "old %d\n", old)
	if 0 < old && old < size {
		proof, err := tlog.ProveTree(size, old, t)
		if err != nil {
			return err
		}
		for _, hash := range proof {
			fmt.Fprintln(&body, base64.StdEncoding.EncodeToString(hash[:]))
		}
	}
	fmt.Fprintf(&body, "\n%s", signed)
	response, err := http.Post(w.url, "text/plain", &body)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode != status {
		return fmt.Errorf("%s instead of %d: %s", response.Status, status, answer)
	}
	isSize := response.Header.Get("Content-Type") == "text/x.tlog.size"
	if isSize != (status == http.StatusConflict) || isSize && string(answer) != "300\n" {
		return fmt.Errorf("%s: %q", response.Header.Get("Content-Type"), answer)
	}
	if status == http.StatusOK {
		return w.isCosigned(append(signed, answer...))
	}
	return nil
}

func (w witnessAt) isCosigned(signed []byte) error {
	_, _, opened, err := log.ParseCheckpoint(signed, origin, w.log, w.witness)
	if err != nil {
		return err
	}
	for _, signature := range opened.Sigs {
		if signature.Name == w.witness.Name() && signature.Hash == w.witness.KeyHash() {
			at, err := cosigned.CoSigV1Timestamp(signature)
			if ago := time.Since(at); err == nil && (ago < -time.Minute || ago > time.Minute) {
				err = fmt.Errorf("it was cosigned at %s", at)
			}
			return err
		}
	}
	return fmt.Errorf("no cosignature of %s in %q", w.witness.Name(), signed)
}

// tree is a log of 1000 leaves in memory.
type tree []tlog.Hash

func newTree(text string) *tree {
	t := &tree{}
	for i := range int64(1000) {
		more, err := tlog.StoredHashes(i, fmt.Appendf(nil, "%s %d", text, i), t)
		if err != nil {
			panic(err)
		}
		*t = append(*t, more...)
	}
	return t
}

// ReadHashes makes it a tlog.HashReader.
func (t *tree) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	read := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		read[i] = (*t)[index]
	}
	return read, nil
}

func (t *tree) root(size int64) []byte {
	hash, err := tlog.TreeHash(size, t)
	if err != nil {
		panic(err)
	}
	return hash[:]
}

func read(file string) (string, error) {
	text, err := os.ReadFile(file)
	return strings.TrimSpace(string(text)), err
}
