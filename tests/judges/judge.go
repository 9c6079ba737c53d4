// The checksum database's own library judges an export: its note, every tile and entry, paths and growth. It must not check by itself.
// Asked by arguments: the folder, a checkpoint from before or "", "swapped" or "", then the log's keys. Refuses by exit status 1.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height = 8

// folder reads the tiles of an export, whose paths leave the height out.
type folder string

func (f folder) Height() int                         { return height }
func (f folder) SaveTiles(_ []tlog.Tile, _ [][]byte) {}
func (f folder) ReadTiles(t []tlog.Tile) ([][]byte, error) {
	found := make([][]byte, len(t))
	for i, tile := range t {
		raw, err := os.ReadFile(f.path(tile, ""))
		if err != nil {
			return nil, err
		}
		found[i] = raw
	}
	return found, nil
}

func (f folder) path(tile tlog.Tile, level string) string {
	parts := strings.SplitN(tile.Path(), "/", 4)
	if level == "" {
		level = parts[2]
	}
	return filepath.Join(string(f), "tile", level, filepath.FromSlash(parts[3]))
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "refused:", err)
		os.Exit(1)
	}
}

func head(file string, keys note.Verifiers) tlog.Tree {
	raw, err := os.ReadFile(file)
	must(err)
	opened, err := note.Open(raw, keys)
	must(err)
	lines := strings.Split(opened.Text, "\n")
	size, err := strconv.ParseInt(lines[1], 10, 64)
	must(err)
	root, err := tlog.ParseHash(lines[2])
	must(err)
	return tlog.Tree{N: size, Hash: root}
}

// entries gives each entry of a bundle, which has its length in two bytes before it.
func entries(raw []byte, each func([]byte)) error {
	for len(raw) > 0 {
		if len(raw) < 2 || len(raw) < 2+(int(raw[0])<<8|int(raw[1])) {
			return fmt.Errorf("a bundle ends in the middle of an entry")
		}
		end := 2 + (int(raw[0])<<8 | int(raw[1]))
		each(raw[2:end])
		raw = raw[end:]
	}
	return nil
}

func main() {
	export, older, swapped := folder(os.Args[1]), os.Args[2], os.Args[3] == "swapped"
	var keys []note.Verifier
	for _, text := range os.Args[4:] {
		key, err := note.NewVerifier(text)
		must(err)
		keys = append(keys, key)
	}
	known := note.VerifierList(keys...)
	tree := head(filepath.Join(string(export), "checkpoint"), known)
	hashes := tlog.TileHashReader(tree, export)

	for first := int64(0); first < tree.N; first += 1 << height {
		width := tree.N - first
		if width > 1<<height {
			width = 1 << height
		}
		raw, err := os.ReadFile(export.path(tlog.Tile{H: height, L: 0, N: first >> height, W: int(width)}, "entries"))
		must(err)
		var own []tlog.Hash
		must(entries(raw, func(body []byte) { own = append(own, tlog.RecordHash(body)) }))
		var places []int64
		for n := first; n < first+width; n++ {
			places = append(places, tlog.StoredHashIndex(0, n))
		}
		stored, err := hashes.ReadHashes(places)
		must(err)
		if len(own) != len(stored) {
			must(fmt.Errorf("a bundle from entry %d on holds %d entries and not %d", first, len(own), len(stored)))
		}
		for n, hash := range stored {
			if own[n] != hash {
				must(fmt.Errorf("entry %d is not what its tile says", first+int64(n)))
			}
		}
		proof, err := tlog.ProveRecord(tree.N, first, hashes)
		must(err)
		if swapped && len(proof) > 1 {
			proof[0], proof[1] = proof[1], proof[0]
		}
		must(tlog.CheckRecord(proof, tree.N, tree.Hash, first, own[0]))
	}
	if older != "" {
		before := head(older, known)
		proof, err := tlog.ProveTree(tree.N, before.N, hashes)
		must(err)
		must(tlog.CheckTree(proof, tree.N, tree.Hash, before.N, before.Hash))
	}
}
