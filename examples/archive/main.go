// Archive packs directories into .tar.gz files with a list of SHA-256 sums,
// lists, verifies and unpacks them.
//
//	archive create FILE DIR
//	archive list FILE
//	archive verify FILE
//	archive extract FILE DIR
//	archive demo           all of it in a temporary directory
//
// Archives of the same files are the same bytes: names are sorted, times and
// owners are left out.
package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// sumsName is the last file of an archive: "hash  name" for each other one.
const sumsName = "SHA256SUMS"

// create writes the files below root to w.
func create(w io.Writer, root fs.FS) (err error) {
	zw, err := gzip.NewWriterLevel(w, gzip.BestCompression)
	if err != nil {
		return err
	}
	zw.Comment = "archive example"
	tw := tar.NewWriter(zw)
	var sums strings.Builder
	err = fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || name == "." {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		h := &tar.Header{Name: name, Mode: int64(info.Mode().Perm()), Format: tar.FormatPAX}
		switch {
		case d.IsDir():
			h.Typeflag, h.Name = tar.TypeDir, name+"/"
			return tw.WriteHeader(h)
		case !d.Type().IsRegular():
			return fmt.Errorf("%s: not a regular file (%v)", name, d.Type())
		}
		h.Typeflag, h.Size = tar.TypeReg, info.Size()
		if err := tw.WriteHeader(h); err != nil {
			return err
		}
		f, err := root.Open(name)
		if err != nil {
			return err
		}
		defer f.Close()
		sum := sha256.New()
		if _, err := io.Copy(io.MultiWriter(tw, sum), f); err != nil {
			return err
		}
		fmt.Fprintf(&sums, "%x  %s\n", sum.Sum(nil), name)
		return nil
	})
	if err != nil {
		return err
	}
	h := &tar.Header{Name: sumsName, Mode: 0o444, Size: int64(sums.Len()), Typeflag: tar.TypeReg}
	if err := tw.WriteHeader(h); err != nil {
		return err
	}
	if _, err := io.WriteString(tw, sums.String()); err != nil {
		return err
	}
	return errors.Join(tw.Close(), zw.Close())
}

// entry is a file of an archive while it is read.
type entry struct {
	*tar.Header
	body io.Reader
}

// each calls f for all entries but the list of sums, and verifies that list.
func each(r io.Reader, f func(entry) error) error {
	zr, err := gzip.NewReader(r)
	if err != nil {
		return err
	}
	tr := tar.NewReader(zr)
	seen := make(map[string]string)
	var list []byte
	for {
		h, err := tr.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		if h.Name == sumsName {
			if list, err = io.ReadAll(tr); err != nil {
				return err
			}
			continue
		}
		if !fs.ValidPath(strings.TrimSuffix(h.Name, "/")) {
			return fmt.Errorf("%q: not a path inside of the archive", h.Name)
		}
		sum := sha256.New()
		body := io.TeeReader(tr, sum)
		if err := f(entry{h, body}); err != nil {
			return err
		}
		// What f left unread counts too.
		if _, err := io.Copy(io.Discard, body); err != nil {
			return err
		}
		if h.Typeflag == tar.TypeReg {
			seen[h.Name] = hex.EncodeToString(sum.Sum(nil))
		}
	}
	// The rest of the stream has the checksum of gzip.
	if _, err := io.Copy(io.Discard, zr); err != nil {
		return err
	}
	return check(list, seen)
}

func check(list []byte, seen map[string]string) error {
	if list == nil {
		return errors.New("no " + sumsName)
	}
	var errs []error
	for l := range bytes.Lines(list) {
		want, name, _ := strings.Cut(strings.TrimSuffix(string(l), "\n"), "  ")
		switch got, ok := seen[name]; {
		case !ok:
			errs = append(errs, fmt.Errorf("%s: missing", name))
		case got != want:
			errs = append(errs, fmt.Errorf("%s: sum is %.8s…, want %.8s…", name, got, want))
		}
		delete(seen, name)
	}
	if len(seen) > 0 {
		errs = append(errs, fmt.Errorf("%d files without a sum", len(seen)))
	}
	return errors.Join(errs...)
}

func list(w io.Writer, r io.Reader) error {
	return each(r, func(e entry) error {
		_, err := fmt.Fprintf(w, "%s %7d %s\n", e.FileInfo().Mode(), e.Size, e.Name)
		return err
	})
}

func extract(dir string, r io.Reader) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	return each(r, func(e entry) error {
		if e.Typeflag == tar.TypeDir {
			return root.Mkdir(path.Clean(e.Name), 0o755)
		}
		f, err := root.OpenFile(e.Name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, fs.FileMode(e.Mode).Perm())
		if err != nil {
			return err
		}
		_, err = io.Copy(f, e.body)
		return errors.Join(err, f.Close())
	})
}

// demo makes files, packs, lists, unpacks and compares them, and damages the
// archive in several ways.
func demo(w io.Writer) error {
	tmp, err := os.MkdirTemp("", "archive")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	src := filepath.Join(tmp, "src")
	noise := make([]byte, 100_000)
	for i, x := 0, uint32(1); i < len(noise); i++ {
		x = x*1664525 + 1013904223
		noise[i] = byte(x >> 24)
	}
	for name, data := range map[string][]byte{
		"README":               []byte("An archive.\n"),
		"empty":                {},
		"data/zeros":           make([]byte, 1<<20),
		"data/noise":           noise,
		"data/deep/a/b/c/text": []byte(strings.Repeat("All work and no play.\n", 1000)),
		"data/long/" + strings.Repeat("name", 40): []byte("a long name\n"),
	} {
		file := filepath.Join(src, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(file, data, 0o644); err != nil {
			return err
		}
	}
	var first, second bytes.Buffer
	if err := errors.Join(create(&first, os.DirFS(src)), create(&second, os.DirFS(src))); err != nil {
		return err
	}
	fmt.Fprintf(w, "%d bytes, sha256 %x, crc32 %08x, reproducible %v\n", first.Len(), sha256.Sum256(first.Bytes()),
		crc32.ChecksumIEEE(first.Bytes()), bytes.Equal(first.Bytes(), second.Bytes()))
	if err := list(w, bytes.NewReader(first.Bytes())); err != nil {
		return err
	}
	dst := filepath.Join(tmp, "dst")
	if err := os.Mkdir(dst, 0o755); err != nil {
		return err
	}
	if err := extract(dst, bytes.NewReader(first.Bytes())); err != nil {
		return err
	}
	var again bytes.Buffer
	if err := create(&again, os.DirFS(dst)); err != nil {
		return err
	}
	fmt.Fprintln(w, "round trip:", bytes.Equal(first.Bytes(), again.Bytes()))

	for _, at := range []int{0, 40, first.Len() / 2, first.Len() - 5} {
		bad := bytes.Clone(first.Bytes())
		bad[at] ^= 0x10
		fmt.Fprintln(w, "damaged:", verify(bytes.NewReader(bad)) != nil)
	}
	fmt.Fprintln(w, "cut:", verify(bytes.NewReader(first.Bytes()[:first.Len()-9])))
	fmt.Fprintln(w, "no archive:", verify(strings.NewReader("hello")))
	fmt.Fprintln(w, "escaping:", verify(evil()))
	return nil
}

// evil is an archive with a file outside of its root.
func evil() io.Reader {
	var b bytes.Buffer
	zw := gzip.NewWriter(&b)
	tw := tar.NewWriter(zw)
	tw.WriteHeader(&tar.Header{Name: "../evil", Typeflag: tar.TypeReg})
	tw.Close()
	zw.Close()
	return &b
}

func verify(r io.Reader) error { return each(r, func(entry) error { return nil }) }

func run(args []string, w io.Writer) error {
	withFile := func(f func(*os.File) error) error {
		file, err := os.Open(args[1])
		if err != nil {
			return err
		}
		defer file.Close()
		return f(file)
	}
	switch cmd := strings.Join(args[:min(1, len(args))], ""); {
	case cmd == "demo" && len(args) == 1:
		return demo(w)
	case cmd == "create" && len(args) == 3:
		f, err := os.Create(args[1])
		if err != nil {
			return err
		}
		return errors.Join(create(f, os.DirFS(args[2])), f.Close())
	case cmd == "list" && len(args) == 2:
		return withFile(func(f *os.File) error { return list(w, f) })
	case cmd == "verify" && len(args) == 2:
		return withFile(func(f *os.File) error { return verify(f) })
	case cmd == "extract" && len(args) == 3:
		return withFile(func(f *os.File) error { return extract(args[2], f) })
	}
	return errors.New("usage: archive create FILE DIR | list FILE | verify FILE | extract FILE DIR | demo")
}

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "archive:", err)
		os.Exit(1)
	}
}
