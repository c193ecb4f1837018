// Monitor watches a gateway's log with Go's own packages for transparency logs, and nothing of xingate's.
//
// It verifies the signature of the newest checkpoint, that the log continues the checkpoint of the last run, and that
// the newest records are in it. If those are all records, it also computes the root from them. Exit code 1: something
// does not hold; the checkpoint of the last run is then left as it was.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/transparency-dev/formats/log"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

var client = http.Client{Timeout: 30 * time.Second}

func main() {
	gateway := flag.String("gateway", "http://127.0.0.1:8080", "the gateway")
	key := flag.String("key", "trace.pub", "the file of the log's verifier key; get it from the operator, not from the gateway")
	seen := flag.String("seen", "seen.note", "where the newest checkpoint is stored until the next run")
	records := flag.Int("records", 100, "how many of the newest records are checked, at most 1000")
	flag.Parse()
	if err := watch(*gateway, *key, *seen, *records); err != nil {
		fmt.Fprintln(os.Stderr, "monitor:", err)
		os.Exit(1)
	}
}

func watch(gateway, keyFile, seen string, records int) error {
	key, err := os.ReadFile(keyFile)
	if err != nil {
		return err
	}
	verifier, err := note.NewVerifier(strings.TrimSpace(string(key)))
	if err != nil {
		return err
	}
	signed, err := get(gateway+"/v1/checkpoint", "text/plain")
	if err != nil {
		return err
	}
	newest, err := opened(signed, verifier)
	if err != nil {
		return fmt.Errorf("the checkpoint of the gateway: %w", err)
	}
	fmt.Printf("checkpoint: %s, %d leaves\n", newest.Origin, newest.Size)

	before, err := os.ReadFile(seen)
	if err == nil {
		err = continues(gateway, before, newest, verifier)
	} else if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	if err != nil {
		return err
	}
	if err := included(gateway, newest, verifier, records); err != nil {
		return err
	}
	return os.WriteFile(seen, signed, 0o644)
}

// continues checks that the log begins with what was seen before.
func continues(gateway string, before []byte, newest *log.Checkpoint, verifier note.Verifier) error {
	old, err := opened(before, verifier)
	if err != nil {
		return fmt.Errorf("the checkpoint of the last run: %w", err)
	}
	if newest.Size < old.Size {
		return fmt.Errorf("the log had %d leaves and has %d", old.Size, newest.Size)
	}
	var proof tlog.TreeProof
	if old.Size > 0 && old.Size < newest.Size {
		var answer struct{ Proof [][]byte }
		url := fmt.Sprintf("%s/v1/checkpoint/consistency?size1=%d&size2=%d", gateway, old.Size, newest.Size)
		if err := getJSON(url, &answer); err != nil {
			return err
		}
		proof = hashes(answer.Proof)
	}
	if old.Size > 0 { // every log begins with the empty one
		err = tlog.CheckTree(proof, int64(newest.Size), root(newest), int64(old.Size), root(old))
	}
	if err != nil {
		return fmt.Errorf("the log does not continue the one of %d leaves: %w", old.Size, err)
	}
	fmt.Printf("consistent: with the %d leaves of the last run\n", old.Size)
	return nil
}

// included checks that the newest records are leaves of the log.
func included(gateway string, newest *log.Checkpoint, verifier note.Verifier, records int) error {
	var page struct {
		Entries []struct{ Record struct{ RecordID string } }
	}
	if err := getJSON(fmt.Sprintf("%s/v1/trace?limit=%d", gateway, records), &page); err != nil {
		return err
	}
	leaves := map[int64][]byte{}
	for _, entry := range page.Entries {
		var receipt struct {
			LeafIndex      int64
			Leaf           []byte
			InclusionProof [][]byte
			Checkpoint     string
		}
		id := entry.Record.RecordID
		if err := getJSON(gateway+"/v1/trace/"+id+"/receipt", &receipt); err != nil {
			return err
		}
		under, err := opened([]byte(receipt.Checkpoint), verifier)
		if err != nil {
			return fmt.Errorf("the checkpoint of record %s: %w", id, err)
		}
		hash := tlog.RecordHash(receipt.Leaf)
		proof := tlog.RecordProof(hashes(receipt.InclusionProof))
		if err := tlog.CheckRecord(proof, int64(under.Size), root(under), receipt.LeafIndex, hash); err != nil {
			return fmt.Errorf("record %s is not leaf %d of the log: %w", id, receipt.LeafIndex, err)
		}
		leaves[receipt.LeafIndex] = receipt.Leaf
	}
	fmt.Printf("included: %d records\n", len(leaves))
	return whole(leaves, newest)
}

// whole computes the root from the leaves, if these are all.
func whole(leaves map[int64][]byte, newest *log.Checkpoint) error {
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		read := make([]tlog.Hash, len(indexes))
		for i, index := range indexes {
			read[i] = stored[index]
		}
		return read, nil
	})
	for index := range int64(newest.Size) {
		leaf, ok := leaves[index]
		if !ok {
			return nil
		}
		more, err := tlog.StoredHashes(index, leaf, reader)
		if err != nil {
			return err
		}
		stored = append(stored, more...)
	}
	computed, err := tlog.TreeHash(int64(newest.Size), reader)
	if err != nil {
		return err
	}
	if computed != root(newest) {
		return errors.New("the records do not give the root of the checkpoint")
	}
	fmt.Println("whole: the root was computed from all leaves")
	return nil
}

func opened(signed []byte, verifier note.Verifier) (*log.Checkpoint, error) {
	checkpoint, _, _, err := log.ParseCheckpoint(signed, verifier.Name(), verifier)
	if err == nil && len(checkpoint.Hash) != tlog.HashSize {
		err = fmt.Errorf("the root has %d bytes", len(checkpoint.Hash))
	}
	return checkpoint, err
}

func root(checkpoint *log.Checkpoint) tlog.Hash { return tlog.Hash(checkpoint.Hash) }

func hashes(from [][]byte) []tlog.Hash {
	made := make([]tlog.Hash, len(from))
	for i, each := range from {
		copy(made[i][:], each) // one of another length fails the proof
	}
	return made
}

func getJSON(url string, into any) error {
	body, err := get(url, "application/json")
	if err != nil {
		return err
	}
	return json.Unmarshal(body, into)
}

func get(url, accept string) ([]byte, error) {
	request, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Accept", accept)
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s: %s", url, response.Status, strings.TrimSpace(string(body)))
	}
	return body, err
}
