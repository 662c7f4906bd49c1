// Who is let in: tokens, certificates, roles, and what is not one of our protocols. No debugger is behind the gate here.
import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { connect as connectTls, type ConnectionOptions } from "node:tls";
import { methodNames } from "../rpc/shapes.ts";
import { DapSplitter, FramingError, JsonSplitter, MAX_MESSAGE } from "../rpc/framing.ts";
import type { AuditEntry } from "../server/audit.ts";
import { makeCertificates } from "../server/certificates.ts";
import { clientToken, Gate, type Guest, protocolOf, readTokens, TOKEN_PREFIX } from "../server/gate.ts";
import { checkProtection, listen, ListenError, type ListenOptions } from "../server/listen.ts";
import { mayCall } from "../server/roles.ts";

const dir = mkdtempSync(join(tmpdir(), "tsugo-gate-"));
after(() => rmSync(dir, { recursive: true }));

const PLAIN: ListenOptions = {
	address: "127.0.0.1:0",
	onlySameUser: true,
	tlsCert: "",
	tlsKey: "",
	tlsClientCa: "",
	tokenFile: "",
	auditLog: "",
};

test("what may listen where", () => {
	const certs = { tlsCert: "c", tlsKey: "k" };
	const cases: [string, Partial<ListenOptions>, RegExp | null][] = [
		["127.0.0.1:0", {}, null],
		["127.8.8.8:1", {}, null],
		["[::1]:0", {}, null],
		["localhost:0", {}, null],
		["unix:/tmp/x", {}, null],
		["0.0.0.0:0", {}, /refusing to listen/],
		[":2345", {}, /refusing to listen/],
		["[::]:2345", {}, /refusing to listen/],
		["10.1.2.3:1", {}, /refusing to listen/],
		["127.0.0.1.example.org:1", {}, /refusing to listen/],
		["10.1.2.3:1", { tokenFile: "t" }, /refusing to listen/],
		["10.1.2.3:1", certs, /refusing to listen/],
		["10.1.2.3:1", { ...certs, tokenFile: "t" }, null],
		["10.1.2.3:1", { ...certs, tlsClientCa: "ca" }, null],
		["127.0.0.1:0", { tlsCert: "c" }, /go together/],
		["127.0.0.1:0", { tlsClientCa: "ca" }, /needs --tls-cert/],
		["127.0.0.1", {}, /missing port/],
		["127.0.0.1:70000", {}, /invalid port/],
	];
	for (const [address, more, want] of cases) {
		const attempt = (): void => checkProtection({ ...PLAIN, address, ...more });
		if (want === null) attempt();
		else assert.throws(attempt, (e: Error) => e instanceof ListenError && want.test(e.message), address);
	}
});

test("what the first bytes are", () => {
	const cases: [string, string][] = [
		['{"method":', "rpc"],
		[" \r\n{", "rpc"],
		["", "short"],
		["\n\t", "short"],
		["C", "short"],
		["Content-Len", "short"],
		["Content-Length", "short"],
		["Content-Length: 10", "dap"],
		["content-length :3", "dap"],
		["CONNECT a:1 HTTP/1.1", "http"],
		["GET / HTTP/1.1\r\nHost: evil.example", "http"],
		["POST /x HTTP/1.0", "http"],
		["OPTIONS * HTTP/1.1", "http"],
		["PRI * HTTP/2.0", "http"],
		["Content-Type: x", "unknown"],
		["[1]", "unknown"],
		["\x16\x03\x01", "unknown"],
		["garbage", "unknown"],
	];
	for (const [text, want] of cases) assert.equal(protocolOf(Buffer.from(text, "latin1")), want, JSON.stringify(text));
});

interface Door {
	port: number;
	guests: Guest[];
	notes: AuditEntry[];
}

async function door(o: Partial<ListenOptions>): Promise<Door> {
	const all = { ...PLAIN, ...o };
	const bound = await listen(all);
	after(() => bound.server.close());
	const guests: Guest[] = [];
	const notes: AuditEntry[] = [];
	const audit = { note: (e: AuditEntry) => void notes.push(e), close: () => {} };
	const tokens = all.tokenFile === "" ? null : readTokens(all.tokenFile);
	const gate = new Gate({ onlySameUser: all.onlySameUser, tokens, audit, protocols: ["rpc", "dap"], open: () => true }, (g) => {
		guests.push(g);
		g.socket.end("served\n");
	});
	bound.connections.failed = (client, error) => audit.note({ event: "refuse", client, name: "", role: "", error });
	bound.connections.take((s) => gate.knock(s));
	return { port: (bound.server.address() as AddressInfo).port, guests, notes };
}

/** Everything that a connection answers with to what is said in parts, until it is closed. */
async function talk(socket: Socket, parts: readonly (string | Buffer)[]): Promise<string> {
	let got = "";
	const closed = Promise.withResolvers<void>();
	socket.on("error", () => {});
	socket.on("data", (d) => void (got += String(d)));
	socket.on("close", () => closed.resolve());
	for (const p of parts) {
		if (!socket.destroyed) socket.write(p);
		await new Promise((r) => setTimeout(r, 5));
	}
	await closed.promise;
	return got;
}

test("an HTTP request is refused, whatever is in its body", async () => {
	const d = await door({});
	const body = '{"method":"RPCServer.State","params":[{}],"id":1}';
	const requests = [
		`POST / HTTP/1.1\r\nHost: evil.example\r\nOrigin: http://evil.example\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
		`GET / HTTP/1.1\r\nHost: 127.0.0.1:${d.port}\r\n\r\n`,
		`GET / HTTP/1.1\r\nHost: rebound.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n`,
	];
	for (const r of requests) assert.match(await talk(connect(d.port, "127.0.0.1"), [r]), /^HTTP\/1\.1 403 Forbidden/);
	assert.equal(await talk(connect(d.port, "127.0.0.1"), ["garbage\n"]), "");
	assert.equal(d.guests.length, 0);
	assert.deepEqual(
		d.notes.map((n) => `${n.event}: ${n.error}`),
		[...requests.map(() => "refuse: an HTTP request"), "refuse: neither JSON-RPC nor DAP"],
	);
	// Who speaks a protocol of ours is served after that, in as many pieces as it likes.
	assert.equal(await talk(connect(d.port, "127.0.0.1"), ["C", "ontent-", "Length: 2\r\n\r\n{}"]), "served\n");
	assert.equal(await talk(connect(d.port, "127.0.0.1"), [" ", "{", "}"]), "served\n");
	assert.deepEqual(
		d.guests.map((g) => [g.protocol, g.role]),
		[
			["dap", "control"],
			["rpc", "control"],
		],
	);
});

test("tokens", async () => {
	const file = join(dir, "tokens");
	const [mine, theirs] = ["correct-horse-battery", "only-looking-around"];
	writeFileSync(file, `# who may come\n\n${mine}\nobserve ${theirs} intern\n`);
	assert.equal(clientToken(file), mine);
	for (const [text, why] of [
		["", /has no token/],
		["admin 0123456789abcdef", /neither control nor observe/],
		["short", /at least 16/],
	] as const) {
		writeFileSync(join(dir, "bad"), text);
		assert.throws(() => readTokens(join(dir, "bad")), why);
	}
	assert.throws(() => readTokens(join(dir, "nothing")), /ENOENT/);
	const d = await door({ tokenFile: file });
	const ask = (...parts: string[]): Promise<string> => talk(connect(d.port, "127.0.0.1"), parts);
	for (const wrong of [
		["{}"],
		[`${TOKEN_PREFIX}nonsense-and-more\n{}`],
		[`${TOKEN_PREFIX}${mine}x\n{}`],
		[`${TOKEN_PREFIX}\n`],
		["Content-Length: 2\r\n\r\n{}"],
		["TSUGO-TOKEN", " wrong-wrong-wrong", "\n"],
		[`${TOKEN_PREFIX}${"x".repeat(5000)}`],
	])
		assert.match(await ask(...wrong), /"error":"authentication failed/, JSON.stringify(wrong[0]?.slice(0, 50)));
	assert.match(await ask("GET / HTTP/1.1\r\n\r\n"), /403/);
	assert.equal(d.guests.length, 0);
	assert.equal(await ask(`${TOKEN_PREFIX}${mine}\n{}`), "served\n");
	assert.equal(await ask("TSUGO-", `TOKEN ${theirs}`, "\r\n", "{"), "served\n");
	assert.deepEqual(
		d.guests.map((g) => [g.role, g.name]),
		[
			["control", ""],
			["observe", "intern"],
		],
	);
});

test("certificates: both ends, roles, expired ones, those of another authority", async () => {
	const certs = join(dir, "certs");
	const other = join(dir, "other");
	const hosts = ["localhost", "127.0.0.1"];
	const base = { dir: certs, hosts, client: "ann", role: "control" as const, hours: 1 };
	const now = Date.now();
	await makeCertificates(base, now);
	const authority = readFileSync(join(certs, "ca.crt"), "utf8");
	await makeCertificates({ ...base, client: "eve", role: "observe" }, now);
	await makeCertificates({ ...base, client: "old" }, now - 2 * 3_600_000);
	await makeCertificates({ ...base, dir: other }, now);
	await makeCertificates({ ...base, client: "bob" }, now);
	assert.equal(readFileSync(join(certs, "ca.crt"), "utf8"), authority, "the authority is kept");
	assert.equal(statSync(join(certs, "ca.key")).mode & 0o777, 0o600);
	await assert.rejects(makeCertificates({ ...base, client: "../x" }, now), /letters, digits/);
	await assert.rejects(makeCertificates(base, now + 2 * 365 * 24 * 3_600_000), /expired/);
	const at = (name: string): string => join(certs, name);
	const d = await door({ tlsCert: at("server.crt"), tlsKey: at("server.key"), tlsClientCa: at("ca.crt") });
	const ask = async (o: ConnectionOptions): Promise<string> => {
		const socket = connectTls({ host: "127.0.0.1", port: d.port, ca: authority, ...o });
		let error = "";
		socket.on("error", (e) => void (error = e.message));
		const got = await talk(socket, ["{}"]);
		return got === "" ? error : got;
	};
	const own = (from: string, name: string): ConnectionOptions => ({
		cert: readFileSync(join(from, `${name}.crt`)),
		key: readFileSync(join(from, `${name}.key`)),
	});
	assert.equal(await ask(own(certs, "ann")), "served\n");
	assert.equal(await ask(own(certs, "eve")), "served\n");
	assert.deepEqual(
		d.guests.map((g) => [g.role, g.name]),
		[
			["control", "ann"],
			["observe", "eve"],
		],
	);
	for (const wrong of [{}, own(certs, "old"), own(other, "ann"), own(certs, "server")]) assert.notEqual(await ask(wrong), "served\n");
	assert.equal(await talk(connect(d.port, "127.0.0.1"), ['{"method":"RPCServer.State","params":[{}],"id":1}']), "", "not encrypted");
	assert.equal(d.guests.length, 2);
	assert.ok(d.notes.some((n) => n.event === "refuse"));
	// The client looks at the server's certificate too.
	assert.match(await ask({ ...own(certs, "ann"), ca: readFileSync(join(other, "ca.crt")) }), /self-signed|unable to (get|verify)/);
	assert.match(await ask({ ...own(certs, "ann"), servername: "example.org" }), /altnames/);
});

test("a socket in the file system is its owner's", async () => {
	const path = join(dir, "socket");
	const bound = await listen({ ...PLAIN, address: `unix:${path}` });
	assert.equal(statSync(path).mode & 0o777, 0o600);
	assert.equal(bound.shown, path);
	await assert.rejects(listen({ ...PLAIN, address: `unix:${path}` }), /listen unix .*: bind: address already in use/);
	bound.server.close();
	const open = await listen({ ...PLAIN, address: `unix:${path}2`, onlySameUser: false });
	assert.ok(existsSync(`${path}2`));
	open.server.close();
	chmodSync(dir, 0o700);
});

test("every method is for observers or not, and what changes the program is not", () => {
	const changing = methodNames().filter((m) => !mayCall("observe", m, {}));
	const want = `AmendBreakpoint CancelNext Checkpoint ClearBreakpoint ClearCheckpoint Command CreateBreakpoint CreateEBPFTracepoint CreateWatchpoint
		Detach DownloadLibraryDebugInfo DumpCancel DumpStart FollowExec Restart Set SetExecutionPoint StopRecording ToggleBreakpoint`;
	assert.deepEqual(changing.sort(), want.split(/\s+/));
	assert.equal(mayCall("observe", "Command", { name: "switchGoroutine" }), true);
	for (const name of ["continue", "next", "call", "halt", "rewind", ""]) assert.equal(mayCall("observe", "Command", { name }), false, name);
	assert.equal(mayCall("observe", "DebugInfoDirectories", { Set: true }), false);
	assert.equal(mayCall("control", "Restart", {}), true);
});

test("messages in pieces, too large, too deep", () => {
	const dap = new DapSplitter();
	const message = 'Content-Length: 7\r\n\r\n{"a":1}Content-Length: 2\r\nContent-Type: x\r\n\r\n{}';
	const got: string[] = [];
	for (const byte of Buffer.from(message)) got.push(...dap.push(Uint8Array.of(byte)));
	assert.deepEqual(got, ['{"a":1}', "{}"]);
	assert.deepEqual(new DapSplitter().push(Buffer.from(message)), got);
	const fails = (text: string, why: RegExp): void => {
		assert.throws(
			() => new DapSplitter().push(Buffer.from(text)),
			(e: Error) => e instanceof FramingError && why.test(e.message),
		);
	};
	fails("Content-Length: 100000000\r\n\r\n", /larger than/);
	fails("Content-Length: -1\r\n\r\n", /no Content-Length/);
	fails("Content-Length: 2\r\nHost: evil.example\r\n\r\n{}", /HTTP/);
	fails("Content-Length: 2\r\nOrigin: null\r\n\r\n{}", /HTTP/);
	fails("x".repeat(5000), /too long/);
	const rpc = new JsonSplitter();
	assert.deepEqual(rpc.push(Buffer.from('{"a":"}')), []);
	assert.deepEqual(rpc.push(Buffer.from('\\"{"}\n{}{"b')), ['{"a":"}\\"{"}', "{}"]);
	assert.throws(() => new JsonSplitter().push(Buffer.from(`{"a":${"[".repeat(20000)}`)), /max depth/);
	const big = new JsonSplitter();
	const chunk = Buffer.alloc(1 << 20, "x");
	big.push(Buffer.from('{"a":"'));
	assert.throws(
		() => {
			for (let i = 0; i < 100; i++) big.push(chunk);
		},
		new RegExp(`larger than ${MAX_MESSAGE}`),
	);
});
