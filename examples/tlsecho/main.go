// Tlsecho is a TLS server and its clients on loopback: a certificate authority
// made on the spot, mutual authentication, protocol negotiation, session
// resumption, and the failures that must be failures.
package main

import (
	"bufio"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"os"
	"strings"
	"sync"
	"time"
)

// authority signs certificates.
type authority struct {
	cert *x509.Certificate
	key  crypto.Signer
	next int64
}

func newAuthority(name string) (*authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	cert, err := x509.ParseCertificate(der)
	return &authority{cert: cert, key: key, next: 2}, err
}

func (a *authority) pool() *x509.CertPool {
	p := x509.NewCertPool()
	p.AddCert(a.cert)
	return p
}

// issue makes a certificate for a key; expired ones ended a minute ago.
func (a *authority) issue(name string, key crypto.Signer, usage x509.ExtKeyUsage, expired bool) (tls.Certificate, error) {
	a.next++
	end := time.Now().Add(time.Hour)
	if expired {
		end = time.Now().Add(-time.Minute)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(a.next), Subject: pkix.Name{CommonName: name, Organization: []string{"Example"}},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: end,
		DNSNames: []string{name}, KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{usage},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, key.Public(), a.key)
	if err != nil {
		return tls.Certificate{}, err
	}
	// Through PEM and back, as from files.
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return tls.Certificate{}, err
	}
	return tls.X509KeyPair(
		pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}))
}

// server echoes lines in upper case and says who asks.
type server struct {
	ln net.Listener
	wg sync.WaitGroup
}

func serve(config *tls.Config) (*server, error) {
	ln, err := tls.Listen("tcp", "127.0.0.1:0", config)
	if err != nil {
		return nil, err
	}
	s := &server{ln: ln}
	s.wg.Go(func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			s.wg.Go(func() {
				defer conn.Close()
				s.session(conn.(*tls.Conn))
			})
		}
	})
	return s, nil
}

func (s *server) session(conn *tls.Conn) {
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	if err := conn.Handshake(); err != nil {
		// Closing with data unread would reset the connection before the client
		// has read why.
		io.Copy(io.Discard, conn.NetConn())
		return
	}
	who := "anonymous"
	if certs := conn.ConnectionState().PeerCertificates; len(certs) > 0 {
		who = certs[0].Subject.CommonName
	}
	for lines := bufio.NewScanner(conn); lines.Scan(); {
		fmt.Fprintf(conn, "%s: %s\n", who, strings.ToUpper(lines.Text()))
	}
}

func (s *server) close() {
	s.ln.Close()
	s.wg.Wait()
}

// talk connects, sends lines and returns the answers.
func (s *server) talk(config *tls.Config, lines ...string) (answers []string, state tls.ConnectionState, err error) {
	d := &net.Dialer{Timeout: 5 * time.Second}
	conn, err := tls.DialWithDialer(d, "tcp", s.ln.Addr().String(), config)
	if err != nil {
		return nil, state, err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	r := bufio.NewReader(conn)
	for _, l := range lines {
		if _, err := fmt.Fprintln(conn, l); err != nil {
			return answers, state, err
		}
		answer, err := r.ReadString('\n')
		if err != nil {
			return answers, state, err
		}
		answers = append(answers, strings.TrimSuffix(answer, "\n"))
	}
	return answers, conn.ConnectionState(), nil
}

// cause is what is constant in an error: no addresses, no times.
func cause(err error) string {
	var (
		unknown x509.UnknownAuthorityError
		host    x509.HostnameError
		invalid x509.CertificateInvalidError
		alert   tls.AlertError
		remote  *net.OpError
	)
	switch {
	case err == nil:
		return "ok"
	case errors.As(err, &unknown):
		return "unknown authority"
	case errors.As(err, &host):
		return "wrong host " + host.Host
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "certificate expired"
	case errors.As(err, &alert):
		return "alert: " + alert.Error()
	case errors.As(err, &remote) && remote.Op == "remote error":
		return "remote: " + remote.Err.Error()
	}
	return err.Error()
}

func keys() (map[string]crypto.Signer, error) {
	ec, err1 := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	_, ed, err2 := ed25519.GenerateKey(rand.Reader)
	rs, err3 := rsa.GenerateKey(rand.Reader, 2048)
	return map[string]crypto.Signer{"ECDSA P-384": ec, "Ed25519": ed, "RSA 2048": rs}, errors.Join(err1, err2, err3)
}

func run(w io.Writer) error {
	ca, err := newAuthority("Example Root")
	if err != nil {
		return err
	}
	stranger, err := newAuthority("Stranger")
	if err != nil {
		return err
	}
	signers, err := keys()
	if err != nil {
		return err
	}
	ec := signers["ECDSA P-384"]
	alice, err := ca.issue("alice", ec, x509.ExtKeyUsageClientAuth, false)
	if err != nil {
		return err
	}
	mallory, err := stranger.issue("mallory", ec, x509.ExtKeyUsageClientAuth, false)
	if err != nil {
		return err
	}

	for _, kind := range []string{"ECDSA P-384", "Ed25519", "RSA 2048"} {
		for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
			cert, err := ca.issue("server.example", signers[kind], x509.ExtKeyUsageServerAuth, false)
			if err != nil {
				return err
			}
			s, err := serve(&tls.Config{Certificates: []tls.Certificate{cert}, MaxVersion: version,
				ClientAuth: tls.VerifyClientCertIfGiven, ClientCAs: ca.pool(), NextProtos: []string{"echo/2", "echo/1"}})
			if err != nil {
				return err
			}
			client := &tls.Config{RootCAs: ca.pool(), ServerName: "server.example", Certificates: []tls.Certificate{alice},
				NextProtos: []string{"echo/1"}, ClientSessionCache: tls.NewLRUClientSessionCache(4)}
			for range 2 {
				answers, state, err := s.talk(client, "hello", "größe")
				if err != nil {
					return err
				}
				fmt.Fprintf(w, "%-11s %s %s resumed=%v %q\n", kind, tls.VersionName(state.Version), state.NegotiatedProtocol, state.DidResume, answers)
			}
			s.close()
		}
	}

	cert, err := ca.issue("server.example", ec, x509.ExtKeyUsageServerAuth, false)
	if err != nil {
		return err
	}
	old, err := ca.issue("server.example", ec, x509.ExtKeyUsageServerAuth, true)
	if err != nil {
		return err
	}
	good := func() *tls.Config { return &tls.Config{RootCAs: ca.pool(), ServerName: "server.example"} }
	cases := []struct {
		name   string
		cert   tls.Certificate
		auth   tls.ClientAuthType
		change func(*tls.Config)
	}{
		{"anonymous", cert, tls.NoClientCert, func(*tls.Config) {}},
		{"unknown authority", cert, tls.NoClientCert, func(c *tls.Config) { c.RootCAs = stranger.pool() }},
		{"other name", cert, tls.NoClientCert, func(c *tls.Config) { c.ServerName = "other.example" }},
		{"expired", old, tls.NoClientCert, func(*tls.Config) {}},
		{"pinned", cert, tls.NoClientCert, func(c *tls.Config) {
			c.VerifyConnection = func(tls.ConnectionState) error { return errors.New("not the pinned key") }
		}},
		{"no client certificate", cert, tls.RequireAndVerifyClientCert, func(*tls.Config) {}},
		{"foreign client", cert, tls.RequireAndVerifyClientCert, func(c *tls.Config) { c.Certificates = []tls.Certificate{mallory} }},
		{"old protocol", cert, tls.NoClientCert, func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS11 }},
	}
	for _, c := range cases {
		s, err := serve(&tls.Config{Certificates: []tls.Certificate{c.cert}, ClientAuth: c.auth, ClientCAs: ca.pool()})
		if err != nil {
			return err
		}
		config := good()
		c.change(config)
		answers, _, err := s.talk(config, "ping")
		fmt.Fprintf(w, "%-22s %s %q\n", c.name, cause(err), answers)
		s.close()
	}

	// Many clients at once, a large message each.
	s, err := serve(&tls.Config{Certificates: []tls.Certificate{cert}})
	if err != nil {
		return err
	}
	defer s.close()
	var wg sync.WaitGroup
	ok := make(chan bool, 20)
	for i := range cap(ok) {
		wg.Go(func() {
			line := strings.Repeat(string(rune('a'+i)), 50_000)
			answers, _, err := s.talk(good(), line)
			ok <- err == nil && answers[0] == "anonymous: "+strings.ToUpper(line)
		})
	}
	wg.Wait()
	n := 0
	for range cap(ok) {
		if <-ok {
			n++
		}
	}
	fmt.Fprintln(w, "parallel:", n)
	return nil
}

func main() {
	if err := run(os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "tlsecho:", err)
		os.Exit(1)
	}
}
