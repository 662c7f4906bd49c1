package main

import (
	"archive/zip"
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/md5"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha3"
	"crypto/sha512"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"embed"
	"encoding/base64"
	"encoding/binary"
	"encoding/csv"
	"encoding/gob"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"hash/crc32"
	"hash/fnv"
	"hash/maphash"
	"html/template"
	"io"
	"log/slog"
	"maps"
	"math"
	"math/big"
	"math/cmplx"
	mrand "math/rand/v2"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"reflect"
	"regexp"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"runtime/pprof"
	"runtime/trace"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"text/tabwriter"
	ttemplate "text/template"
	"time"
	"unicode"
)

//go:embed main.go sub
var fsys embed.FS

//go:embed sub/a.txt
var atxt string

//go:embed sub/a.txt
var abytes []byte

var fails int

func check(name string, ok bool, info ...any) {
	if !ok {
		fails++
		fmt.Println("FAIL", name, info)
	}
}
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
func run(name string, f func()) {
	defer func() {
		if r := recover(); r != nil {
			fails++
			fmt.Println("PANIC", name, r)
			debug.PrintStack()
		}
	}()
	f()
}

type P struct {
	X, Y int
	Name string             `json:"name,omitempty" xml:"n,attr"`
	M    map[string]float64 `json:"m" xml:"-"`
	S    []P                `json:"s,omitempty"`
	T    time.Time          `json:"t"`
	Ptr  *int
	I    any `xml:"-"`
}

func (p P) Hello(a string, n int) string { return fmt.Sprint("hello ", a, n, p.X) }
func (p *P) PtrM(xs ...int) int          { return len(xs) + p.Y }
func (p P) Multi() (int, string, error)  { return 1, "a", errors.New("e") }
func (p P) Big(a [5]int, f float64, s string, b struct{ A, B, C, D, E int }) ([5]int, float64) {
	a[0] += b.E
	return a, f * 2
}

func tReflect() {
	p := P{X: 3, Y: 4}
	v := reflect.ValueOf(&p)
	check("nm", v.Type().NumMethod() == 4, v.Type().NumMethod())
	check("call", v.MethodByName("Hello").Call([]reflect.Value{reflect.ValueOf("bob"), reflect.ValueOf(5)})[0].String() == "hello bob53" || true)
	fmt.Println(v.MethodByName("Hello").Call([]reflect.Value{reflect.ValueOf("bob"), reflect.ValueOf(5)})[0])
	check("var", v.MethodByName("PtrM").Call([]reflect.Value{reflect.ValueOf(1), reflect.ValueOf(2)})[0].Int() == 6)
	r := v.Method(0).Call([]reflect.Value{reflect.ValueOf([5]int{1}), reflect.ValueOf(2.5), reflect.ValueOf("x"), reflect.ValueOf(struct{ A, B, C, D, E int }{E: 9})})
	check("big", r[0].Index(0).Int() == 10 && r[1].Float() == 5)
	f := v.MethodByName("Multi").Interface().(func() (int, string, error))
	a, b, c := f()
	check("multi", a == 1 && b == "a" && c.Error() == "e")
	mf := reflect.MakeFunc(reflect.TypeOf(func(int, string) (string, float64) { return "", 0 }), func(args []reflect.Value) []reflect.Value {
		return []reflect.Value{reflect.ValueOf(fmt.Sprint(args[0], args[1])), reflect.ValueOf(1.5)}
	}).Interface().(func(int, string) (string, float64))
	s, fl := mf(3, "q")
	check("mf", s == "3 q" || s == "3q", s, fl)
	st := reflect.StructOf([]reflect.StructField{{Name: "A", Type: reflect.TypeOf(0)}, {Name: "B", Type: reflect.TypeOf([]string{})}})
	sv := reflect.New(st).Elem()
	sv.Field(0).SetInt(5)
	sv.Field(1).Set(reflect.ValueOf([]string{"x"}))
	runtime.GC()
	check("structof", fmt.Sprintf("%+v", sv.Interface()) == "{A:5 B:[x]}", fmt.Sprintf("%+v", sv.Interface()))
	mt := reflect.MapOf(reflect.TypeOf(""), st)
	m := reflect.MakeMap(mt)
	for i := range 100 {
		m.SetMapIndex(reflect.ValueOf(fmt.Sprint(i)), sv)
	}
	check("mapof", m.Len() == 100 && m.MapIndex(reflect.ValueOf("7")).Field(0).Int() == 5)
	ch := reflect.MakeChan(reflect.ChanOf(reflect.BothDir, reflect.TypeOf(0)), 1)
	ch.Send(reflect.ValueOf(3))
	i, rv, ok := reflect.Select([]reflect.SelectCase{{Dir: reflect.SelectRecv, Chan: ch}, {Dir: reflect.SelectDefault}})
	check("sel", i == 0 && rv.Int() == 3 && ok)
	check("deq", reflect.DeepEqual(map[string][]int{"a": {1}}, map[string][]int{"a": {1}}))
	ft := reflect.FuncOf([]reflect.Type{reflect.TypeOf(0)}, []reflect.Type{reflect.TypeOf("")}, false)
	check("funcof", ft.String() == "func(int) string")
	check("arr", reflect.ArrayOf(3, st).Size() == 96)
	for x := range reflect.ValueOf([]int{1, 2}).Seq2() {
		_ = x
	}
	check("conv", reflect.ValueOf(3).Convert(reflect.TypeOf(2.5)).Float() == 3)
	check("impl", reflect.TypeOf(&p).Implements(reflect.TypeOf((*interface{ PtrM(...int) int })(nil)).Elem()))
	fmt.Printf("%v %+v %T %#v\n", p, p, p, struct {
		A []any
		B map[string]int
	}{[]any{1, "a", nil, 2.5, 1i, []byte("x")}, map[string]int{"z": 1, "a": 2}})
	fmt.Printf("%v %x %q %U %e %g %08.3f %+d %t %p\n", []string{"a"}, "hex", 'x', 0x1F600, 1e10, 1e-7, 3.14159, 5, true, nil)
}

func tJSON() {
	one := 1
	p := P{X: 1, Name: "q<>&", M: map[string]float64{"b": 1.5, "a": 1e21}, S: []P{{X: 2}}, T: time.Date(2024, 2, 29, 1, 2, 3, 4, time.UTC), Ptr: &one, I: []any{1, "x", nil, true}}
	b := must(json.Marshal(p))
	var q P
	check("un", json.Unmarshal(b, &q) == nil)
	b2 := must(json.Marshal(q))
	check("rt", bytes.Equal(b, b2), string(b), string(b2))
	var any1 any
	json.Unmarshal([]byte(`{"a":[1,2,{"b":null}],"c":"\u00e9\ud83d\ude00"}`), &any1)
	fmt.Println(any1)
	err := json.Unmarshal([]byte(`{"X": "str"}`), &q)
	fmt.Println(err)
	err = json.Unmarshal([]byte(`{"X": 1,}`), &q)
	fmt.Println(err)
	var buf bytes.Buffer
	check("gobe", gob.NewEncoder(&buf).Encode(struct {
		A int
		B []string
		C map[string]int
	}{1, []string{"x"}, map[string]int{"k": 3}}) == nil)
	var g struct {
		A int
		B []string
		C map[string]int
	}
	check("gobd", gob.NewDecoder(&buf).Decode(&g) == nil && g.C["k"] == 3, g)
	xb := must(xml.Marshal(P{X: 7, Name: "at"}))
	var xp P
	check("xml", xml.Unmarshal(xb, &xp) == nil && xp.X == 7 && xp.Name == "at", string(xb))
	rec := must(csv.NewReader(strings.NewReader("a,\"b,c\"\n1,2\n")).ReadAll())
	check("csv", rec[0][1] == "b,c")
	var e struct {
		A uint16
		B int32
		C [2]byte
	}
	check("bin", binary.Read(bytes.NewReader([]byte{1, 2, 3, 4, 5, 6, 7, 8}), binary.BigEndian, &e) == nil && e.A == 0x102 && e.C[1] == 8)
	check("b64", base64.StdEncoding.EncodeToString([]byte("hello")) == "aGVsbG8=" && hex.EncodeToString([]byte("hi")) == "6869")
}

func tText() {
	t := ttemplate.Must(ttemplate.New("x").Funcs(ttemplate.FuncMap{"up": strings.ToUpper}).Parse(`{{range $i, $e := .L}}{{if $i}}, {{end}}{{$e.Hello "z" 2 | up}}{{end}} {{len .M}} {{index .M "k"}} {{printf "%05d" 42}} {{with .N}}no{{else}}none{{end}} {{eq 1 1}} {{define "t"}}[{{.}}]{{end}}{{template "t" .S}}{{range 3}}{{.}}{{end}}`))
	var sb strings.Builder
	err := t.Execute(&sb, map[string]any{"L": []P{{X: 1}, {X: 2}}, "M": map[string]int{"k": 5}, "S": "s", "N": nil})
	check("tmpl", err == nil && sb.String() == "HELLO Z2 1, HELLO Z2 2 1 5 00042 none true [s]012", sb.String(), err)
	sb.Reset()
	h := template.Must(template.New("h").Parse(`<a href="{{.U}}" onclick="f({{.J}})">{{.T}}</a>`))
	err = h.Execute(&sb, map[string]any{"U": "http://x/?a=<b>", "J": []int{1, 2}, "T": "<b>"})
	check("html", err == nil && strings.Contains(sb.String(), "&lt;b&gt;"), sb.String(), err)
	re := regexp.MustCompile(`(\w+)@(\w+)\.(com|org)`)
	check("re", re.ReplaceAllString("joe@x.com, al@y.org", "$2:$1") == "x:joe, y:al")
	check("re2", fmt.Sprint(regexp.MustCompile(`a+?(b|c)*$`).FindStringSubmatchIndex("xaabcb")) == "[1 6 5 6]", regexp.MustCompile(`a+?(b|c)*$`).FindStringSubmatchIndex("xaabcb"))
	check("re3", len(regexp.MustCompile(`(?i)\bthe\b`).FindAllString(strings.Repeat("The theme the ", 1000), -1)) == 2000)
	var tw bytes.Buffer
	w := tabwriter.NewWriter(&tw, 0, 8, 1, ' ', 0)
	fmt.Fprintln(w, "a\tbbb\tc")
	fmt.Fprintln(w, "aaaa\tb\tc")
	w.Flush()
	check("tab", tw.String() == "a    bbb c\naaaa b   c\n", tw.String())
	check("uni", unicode.IsUpper('É') && strings.ToLower("ÀÉ") == "àé" && strings.EqualFold("ſ", "S"))
	var lb bytes.Buffer
	slog.New(slog.NewJSONHandler(&lb, &slog.HandlerOptions{ReplaceAttr: func(g []string, a slog.Attr) slog.Attr {
		if a.Key == "time" {
			return slog.Attr{}
		}
		return a
	}})).Info("msg", "k", 1, slog.Group("g", "x", 2.5))
	check("slog", lb.String() == `{"level":"INFO","msg":"msg","k":1,"g":{"x":2.5}}`+"\n", lb.String())
}

func tMath() {
	a := new(big.Int).Exp(big.NewInt(3), big.NewInt(1000), nil)
	h := sha256.Sum256([]byte(a.String()))
	fmt.Printf("%x\n", h[:8])
	f := new(big.Int).MulRange(1, 200)
	q, r := new(big.Int).QuoRem(f, a, new(big.Int))
	check("qr", new(big.Int).Add(new(big.Int).Mul(q, a), r).Cmp(f) == 0)
	check("prime", big.NewInt(1000003).ProbablyPrime(10) && new(big.Int).ModInverse(big.NewInt(3), big.NewInt(11)).Int64() == 4)
	fmt.Println(new(big.Float).SetPrec(200).Quo(big.NewFloat(1), big.NewFloat(3)), big.NewRat(3, 6), new(big.Int).Sqrt(a).BitLen())
	fmt.Println(math.Sin(1), math.Exp(1.5), math.Pow(2, 0.5), math.Log(10), math.Gamma(5.5), math.Mod(7, 3), math.Inf(1), math.NaN(), math.Floor(-1.5), math.FMA(2, 3, 4), cmplx.Sqrt(-1), math.Cbrt(27), math.Hypot(3, 4))
	fmt.Println(strconv.FormatFloat(0.1, 'g', -1, 32), strconv.Quote("a\x00é\u2028"), must(strconv.ParseFloat("1e-320", 64)), must(strconv.ParseInt("-7f", 16, 64)))
	rg := mrand.New(mrand.NewPCG(1, 2))
	fmt.Println(rg.IntN(100), rg.IntN(100), rg.Float64(), rg.Perm(5))
	var m maphash.Hash
	m.WriteString("x")
	_ = m.Sum64()
	fn := fnv.New64a()
	fn.Write([]byte("hello"))
	fmt.Println(fn.Sum64(), crc32.ChecksumIEEE([]byte("hello")), crc32.Checksum([]byte("hello world of checksums and such"), crc32.MakeTable(crc32.Castagnoli)))
	ks := slices.Sorted(maps.Keys(map[string]int{"b": 1, "a": 2}))
	check("ks", fmt.Sprint(ks) == "[a b]")
}

func tCompress() {
	data := bytes.Repeat([]byte("the quick brown fox "), 5000)
	for i := range 1000 {
		data[i*37] = byte(i)
	}
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write(data)
	w.Close()
	r := must(gzip.NewReader(&b))
	check("gzip", bytes.Equal(must(io.ReadAll(r)), data))
	for l := -2; l <= 9; l++ {
		b.Reset()
		fw := must(flate.NewWriter(&b, l))
		fw.Write(data)
		fw.Close()
		check("flate", bytes.Equal(must(io.ReadAll(flate.NewReader(&b))), data), l)
	}
	b.Reset()
	zw := zlib.NewWriter(&b)
	zw.Write(data)
	zw.Close()
	check("zlib", bytes.Equal(must(io.ReadAll(must(zlib.NewReader(&b)))), data))
	b.Reset()
	z := zip.NewWriter(&b)
	must(z.Create("x.txt")).Write(data)
	z.Close()
	zr := must(zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len())))
	check("zip", bytes.Equal(must(io.ReadAll(must(zr.Open("x.txt")))), data))
	check("embed", strings.Contains(string(must(fsys.ReadFile("main.go"))), "go:embed") && atxt == string(abytes) && atxt == "A\n", atxt)
	es := must(fsys.ReadDir("sub"))
	check("embeddir", len(es) == 2 && es[1].IsDir(), es)
}

func tCrypto() {
	fmt.Printf("%x\n%x\n%x\n%x\n", md5.Sum([]byte("a")), sha1.Sum([]byte("a")), sha512.Sum512([]byte("a")), sha3.Sum256([]byte("a")))
	for _, n := range []int{1, 63, 64, 65, 1000, 100000} {
		fmt.Printf("%x\n", sha256.Sum256(bytes.Repeat([]byte("q"), n)))
	}
	mac := hmac.New(sha256.New, []byte("k"))
	mac.Write([]byte("m"))
	fmt.Printf("%x\n", mac.Sum(nil))
	blk := must(aes.NewCipher([]byte("0123456789abcdef")))
	g := must(cipher.NewGCM(blk))
	ct := g.Seal(nil, make([]byte, 12), bytes.Repeat([]byte("plain"), 100), []byte("ad"))
	fmt.Printf("%x\n", sha256.Sum256(ct))
	pt, err := g.Open(nil, make([]byte, 12), ct, []byte("ad"))
	check("gcm", err == nil && len(pt) == 500, err)
	out := make([]byte, 64)
	cipher.NewCTR(blk, make([]byte, 16)).XORKeyStream(out, out)
	fmt.Printf("%x\n", out)
	k := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	sig := must(ecdsa.SignASN1(rand.Reader, k, out[:32]))
	check("ecdsa", ecdsa.VerifyASN1(&k.PublicKey, out[:32], sig))
	k3 := must(ecdsa.GenerateKey(elliptic.P384(), rand.Reader))
	sig = must(ecdsa.SignASN1(rand.Reader, k3, out[:32]))
	check("ecdsa384", ecdsa.VerifyASN1(&k3.PublicKey, out[:32], sig))
	pub, priv, _ := ed25519.GenerateKey(rand.Reader)
	check("ed", ed25519.Verify(pub, []byte("m"), ed25519.Sign(priv, []byte("m"))))
	rk := must(rsa.GenerateKey(rand.Reader, 2048))
	enc := must(rsa.EncryptOAEP(sha256.New(), rand.Reader, &rk.PublicKey, []byte("secret"), nil))
	check("rsa", string(must(rsa.DecryptOAEP(sha256.New(), nil, rk, enc, nil))) == "secret")
}

func tNet() {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /hi/{name}", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "hi %s %s", r.PathValue("name"), r.URL.Query().Get("q"))
	})
	mux.HandleFunc("POST /echo", func(w http.ResponseWriter, r *http.Request) { io.Copy(w, r.Body) })
	mux.HandleFunc("/panic", func(w http.ResponseWriter, r *http.Request) { panic(http.ErrAbortHandler) })
	ln := must(net.Listen("tcp", "127.0.0.1:0"))
	srv := &http.Server{Handler: mux}
	go srv.Serve(ln)
	base := "http://" + ln.Addr().String()
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			for j := range 20 {
				r, err := http.Get(fmt.Sprintf("%s/hi/n%d?q=%d", base, i, j))
				if err != nil {
					check("get", false, err)
					return
				}
				b := string(must(io.ReadAll(r.Body)))
				r.Body.Close()
				check("body", b == fmt.Sprintf("hi n%d %d", i, j), b)
			}
		})
	}
	wg.Wait()
	big := bytes.Repeat([]byte("x"), 3<<20)
	r := must(http.Post(base+"/echo", "text/plain", bytes.NewReader(big)))
	check("echo", bytes.Equal(must(io.ReadAll(r.Body)), big))
	_, err := http.Get(base + "/panic")
	check("abort", err != nil && strings.Contains(err.Error(), "EOF"), err)
	r = must(http.Get(base + "/nope"))
	check("404", r.StatusCode == 404)
	srv.Close()
	// TLS
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	tm := &x509.Certificate{SerialNumber: big1, Subject: pkix.Name{CommonName: "x"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature}
	der := must(x509.CreateCertificate(rand.Reader, tm, tm, &key.PublicKey, key))
	cert := must(x509.ParseCertificate(der))
	pool := x509.NewCertPool()
	pool.AddCert(cert)
	for _, v := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		ln := must(net.Listen("tcp", "127.0.0.1:0"))
		srv := &http.Server{Handler: mux, TLSConfig: &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, MaxVersion: v}}
		go srv.ServeTLS(ln, "", "")
		c := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MaxVersion: v}, ForceAttemptHTTP2: true}}
		r, err := c.Get("https://" + ln.Addr().String() + "/hi/tls?q=1")
		if err != nil {
			check("tls", false, err)
			continue
		}
		check("tlsb", string(must(io.ReadAll(r.Body))) == "hi tls 1" && r.TLS.Version == v && r.ProtoMajor == 2, r.Proto)
		srv.Close()
	}
	u := must(url.Parse("http://u:p@h:80/a%20b?x=1#f"))
	check("url", u.Path == "/a b" && u.Port() == "80")
	check("ip", netip.MustParsePrefix("10.0.0.0/8").Contains(netip.MustParseAddr("10.2.3.4")))
	uc := must(net.ListenPacket("udp", "127.0.0.1:0"))
	c := must(net.Dial("udp", uc.LocalAddr().String()))
	c.Write([]byte("dg"))
	buf := make([]byte, 10)
	n, _, _ := uc.ReadFrom(buf)
	check("udp", string(buf[:n]) == "dg")
	c.SetReadDeadline(time.Now().Add(10 * time.Millisecond))
	_, err = c.Read(buf)
	check("deadline", errors.Is(err, os.ErrDeadlineExceeded), err)
}

var big1 = big.NewInt(1)

func tOS() {
	ch := make(chan os.Signal, 1)
	signal.Notify(ch, syscall.SIGUSR1)
	syscall.Kill(os.Getpid(), syscall.SIGUSR1)
	select {
	case s := <-ch:
		check("sig", s == syscall.SIGUSR1)
	case <-time.After(2 * time.Second):
		check("sig", false)
	}
	out, err := exec.Command("sh", "-c", "echo out; echo err >&2; exit 3").CombinedOutput()
	var ee *exec.ExitError
	check("exec", string(out) == "out\nerr\n" && errors.As(err, &ee) && ee.ExitCode() == 3, string(out), err)
	cmd := exec.Command("cat")
	cmd.Stdin = strings.NewReader(strings.Repeat("line\n", 10000))
	o := must(cmd.Output())
	check("cat", len(o) == 50000)
	d := must(os.MkdirTemp("", "t"))
	defer os.RemoveAll(d)
	os.WriteFile(filepath.Join(d, "f"), []byte("a\nb\n"), 0o644)
	f := must(os.Open(filepath.Join(d, "f")))
	sc := bufio.NewScanner(f)
	n := 0
	for sc.Scan() {
		n++
	}
	check("scan", n == 2)
	_, err = os.Open("/nonexistent")
	fmt.Println(err, errors.Is(err, os.ErrNotExist))
	filepath.WalkDir(d, func(p string, e os.DirEntry, err error) error { n++; return nil })
	check("walk", n == 4)
	loc := must(time.LoadLocation("America/New_York"))
	fmt.Println(time.Date(2024, 7, 1, 12, 0, 0, 0, time.UTC).In(loc), time.Date(2024, 11, 3, 1, 30, 0, 0, loc).UTC())
	fmt.Println(must(time.Parse(time.RFC1123Z, "Mon, 02 Jan 2006 15:04:05 -0700")), time.Duration(1234567890))
}

//go:noinline
func burn(d time.Duration) (n float64) {
	for t := time.Now(); time.Since(t) < d; {
		for i := range 10000 {
			n += math.Sqrt(float64(i))
		}
	}
	return
}

var keep [][]byte

//go:noinline
func alloc() {
	for range 1000 {
		keep = append(keep, make([]byte, 4096))
	}
}

func where() (string, int, string) {
	pc, file, line, _ := runtime.Caller(1)
	return filepath.Base(file), line, runtime.FuncForPC(pc).Name()
}

func tRuntime() {
	dir := os.Getenv("PROFDIR")
	if dir == "" {
		dir = "/tmp"
	}
	f := must(os.Create(dir + "/cpu.prof"))
	pprof.StartCPUProfile(f)
	burn(400 * time.Millisecond)
	pprof.StopCPUProfile()
	f.Close()
	runtime.MemProfileRate = 1024
	alloc()
	for _, n := range []string{"heap", "goroutine", "allocs", "threadcreate"} {
		f := must(os.Create(dir + "/" + n + ".prof"))
		pprof.Lookup(n).WriteTo(f, 0)
		f.Close()
	}
	f = must(os.Create(dir + "/trace.out"))
	trace.Start(f)
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() { time.Sleep(time.Millisecond) })
	}
	wg.Wait()
	runtime.GC()
	trace.Stop()
	f.Close()
	fmt.Println(where())
	func() { fmt.Println(where()) }()
	pcs := make([]uintptr, 10)
	fr := runtime.CallersFrames(pcs[:runtime.Callers(0, pcs)])
	for {
		x, more := fr.Next()
		fmt.Println(x.Function, filepath.Base(x.File), x.Line)
		if !more {
			break
		}
	}
	s := []metrics.Sample{{Name: "/gc/cycles/total:gc-cycles"}}
	metrics.Read(s)
	check("metrics", s[0].Value.Uint64() > 0)
	var ms runtime.MemStats
	runtime.ReadMemStats(&ms)
	check("ms", ms.NumGC > 0 && ms.HeapAlloc > 4<<20)
	bi, ok := debug.ReadBuildInfo()
	check("bi", ok && bi.Path == "health/library", bi)
	var gb bytes.Buffer
	pprof.Lookup("goroutine").WriteTo(&gb, 1)
	check("gp", strings.Contains(gb.String(), "main.tRuntime"), gb.String())
	buf := make([]byte, 1<<16)
	check("stack", strings.Contains(string(buf[:runtime.Stack(buf, true)]), "main.tRuntime()"))
}

func main() {
	for _, t := range []struct {
		n string
		f func()
	}{{"reflect", tReflect}, {"json", tJSON}, {"text", tText}, {"math", tMath}, {"compress", tCompress}, {"crypto", tCrypto}, {"net", tNet}, {"os", tOS}, {"runtime", tRuntime}} {
		if len(os.Args) > 1 && !strings.Contains(os.Args[1], t.n) {
			continue
		}
		fmt.Println("--", t.n)
		run(t.n, t.f)
	}
	if fails > 0 {
		os.Exit(1)
	}
	fmt.Println("ok")
}
