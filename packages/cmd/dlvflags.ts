// Delve's command line: its commands, their flags and help texts, parsed as cobra does.

export type FlagKind = "bool" | "string" | "int" | "float" | "list";

export interface FlagSpec {
	name: string;
	short?: string;
	kind: FlagKind;
	/** Type's name in the help. */
	type?: string;
	default: string | number | boolean;
	help: string;
	hidden?: boolean;
}

export interface CommandSpec {
	name: string;
	use: string;
	short: string;
	long: string;
	flags: readonly FlagSpec[];
	/** Persistent flags that this command does not show. */
	without?: readonly string[];
	hidden?: boolean;
}

export class DlvUsageError extends Error {
	/** Print the command's usage after the message. */
	readonly usage: boolean;
	constructor(message: string, usage: boolean = true) {
		super(message);
		this.usage = usage;
	}
}

export interface ParsedFlags {
	values: Map<string, string | number | boolean | string[]>;
	args: string[];
	/** How many of args stood before "--"; -1 = there was none. */
	dash: number;
}

export const GLOBAL_FLAGS: readonly FlagSpec[] = [
	{
		name: "accept-multiclient",
		kind: "bool",
		default: false,
		help: "Allows a headless server to accept multiple client connections via JSON-RPC or DAP.",
	},
	{
		name: "allow-non-terminal-interactive",
		kind: "bool",
		default: false,
		help: "Allows interactive sessions of Delve that don't have a terminal as stdin, stdout and stderr",
	},
	{
		name: "api-version",
		kind: "int",
		default: 2,
		help: "Selects JSON-RPC API version when headless. The only valid value is 2. Can be reset via RPCServer.SetApiVersion. See Documentation/api/json-rpc/README.md.",
	},
	{ name: "audit-log", kind: "string", default: "", help: "File to note in who connected, evaluated and did what ('-' is standard error)" },
	{ name: "backend", kind: "string", default: "default", help: "Backend selection (see 'dlv help backend')." },
	{
		name: "build-flags",
		kind: "string",
		default: "",
		help: 'Build flags, to be passed to the compiler. For example: --build-flags="-tags=integration -mod=vendor -cover -v"',
	},
	{
		name: "check-go-version",
		kind: "bool",
		default: true,
		help: "Exits if the version of Go in use is not compatible (too old or too new) with the version of Delve.",
	},
	{ name: "disable-aslr", kind: "bool", default: false, help: "Disables address space randomization" },
	{
		name: "headless",
		kind: "bool",
		default: false,
		help: "Run debug server only, in headless mode. Server will accept both JSON-RPC or DAP client connections.",
	},
	{ name: "init", kind: "string", default: "", help: "Init file, executed by the terminal client." },
	{
		name: "listen",
		short: "l",
		kind: "string",
		default: "127.0.0.1:0",
		help: "Debugging server listen address. Prefix with 'unix:' to use a unix domain socket.",
	},
	{ name: "log", kind: "bool", default: false, help: "Enable debugging server logging." },
	{ name: "log-dest", kind: "string", default: "", help: "Writes logs to the specified file or file descriptor (see 'dlv help log')." },
	{
		name: "log-output",
		kind: "string",
		default: "",
		help: "Comma separated list of components that should produce debug output (see 'dlv help log')",
	},
	{
		name: "only-same-user",
		kind: "bool",
		default: true,
		help: "Only connections from the same user that started this instance of Delve are allowed to connect.",
	},
	{
		name: "redirect",
		short: "r",
		kind: "list",
		type: "stringArray",
		default: "",
		help: "Specifies redirect rules for target process (see 'dlv help redirect')",
	},
	{ name: "tls-cert", kind: "string", default: "", help: "Certificate of the server: connections are encrypted" },
	{ name: "tls-client-ca", kind: "string", default: "", help: "Certificate authority of the clients: they must show a certificate" },
	{ name: "tls-key", kind: "string", default: "", help: "Private key of --tls-cert" },
	{ name: "token-file", kind: "string", default: "", help: "File with the token that clients must know" },
	{ name: "wd", kind: "string", default: "", help: "Working directory for running the program." },
];

const TTY: FlagSpec = { name: "tty", kind: "string", default: "", help: "TTY to use for the target program" };
const CONTINUE: FlagSpec = { name: "continue", kind: "bool", default: false, help: "Continue the debugged process on start." };
const RR: FlagSpec = { name: "rr-cleanup", kind: "bool", default: true, help: "Delete directory containing debug recording on detach." };
const OUTPUT: FlagSpec = { name: "output", kind: "string", default: "", help: "Output path for the binary." };

export const COMMANDS: readonly CommandSpec[] = [
	{
		name: "attach",
		use: "attach pid [executable]",
		short: "Attach to running process and begin debugging.",
		long: `Attach to an already running process and begin debugging it.

This command will cause Delve to take control of an already running process, and
begin a new debug session.  When exiting the debug session you will have the
option to let the process continue or kill it.`,
		flags: [
			CONTINUE,
			{ name: "waitfor", kind: "string", default: "", help: "Wait for a process with a name beginning with this prefix" },
			{ name: "waitfor-duration", kind: "float", default: 0, help: "Total time to wait for a process" },
			{ name: "waitfor-interval", kind: "float", default: 1, help: "Interval between checks of the process list, in millisecond" },
		],
		without: ["build-flags", "disable-aslr", "redirect", "wd"],
	},
	{
		name: "cert",
		use: "cert",
		short: "Make a private certificate authority and short-lived certificates.",
		long: `Makes certificates for a server that others than this machine can reach.

A directory gets a private certificate authority (ca.crt, ca.key), which is used again when it is there,
a server's certificate (server.crt, server.key) and a client's. Whoever shows a certificate of this authority
is let in; one made with --role observe may look but neither run nor change the program.
Certificates are short-lived: make new ones with the same command.`,
		flags: [
			{ name: "client", kind: "string", default: "client", help: "Name of the client, and of its files" },
			{ name: "dir", short: "d", kind: "string", default: "dlv-certs", help: "Directory of the files" },
			{ name: "host", kind: "list", type: "stringArray", default: "", help: "Name or address that the server is reached by (repeatable)" },
			{ name: "hours", kind: "float", default: 24, help: "How long the certificates hold" },
			{ name: "role", kind: "string", default: "control", help: "What the client may do: control or observe" },
		],
		without: GLOBAL_FLAGS.map((f) => f.name),
	},
	{
		name: "connect",
		use: "connect addr",
		short: "Connect to a headless debug server with a terminal client.",
		long: "Connect to a running headless debug server with a terminal client. Prefix with 'unix:' to use a unix domain socket.",
		flags: [{ name: "tls-ca", kind: "string", default: "", help: "Certificate authority of the server: the connection is encrypted" }],
		without: [
			"accept-multiclient",
			"allow-non-terminal-interactive",
			"api-version",
			"build-flags",
			"check-go-version",
			"disable-aslr",
			"headless",
			"listen",
			"only-same-user",
			"redirect",
			"wd",
		],
	},
	{
		name: "dap",
		use: "dap",
		short: "Starts a headless TCP server communicating via Debug Adaptor Protocol (DAP).",
		long: `Starts a headless TCP server communicating via Debug Adaptor Protocol (DAP).

The server is always headless and needs a DAP client, such as VS Code, that connects and asks for a program
to be launched or a process to be attached to. The client's configuration chooses:
- launch + exec   (runs a binary, like 'dlv exec')
- launch + debug  (builds and runs, like 'dlv debug')
- launch + test   (builds and tests, like 'dlv test')
- launch + core   (opens a core file, like 'dlv core')
- attach + local  (attaches to a running process, like 'dlv attach')

Relative paths start at the server's working directory.

The server serves one client and then ends. For several, use 'dlv [command] --headless --accept-multiclient'
and a client with attach + remote. --continue is not for this command: leave stopOnEntry out instead.

With --client-addr the server calls a client that waits there.`,
		flags: [
			{ name: "client-addr", kind: "string", default: "", help: "Address where the DAP client is waiting for the DAP server to dial in." },
		],
		without: [
			"accept-multiclient",
			"allow-non-terminal-interactive",
			"api-version",
			"backend",
			"build-flags",
			"headless",
			"init",
			"redirect",
			"wd",
		],
	},
	{
		name: "core",
		use: "core <executable> <core>",
		short: "Examine a core dump.",
		long: `Examine a core dump (only supports linux and windows core dumps).

The core command will open the specified core file and the associated
executable and let you examine the state of the process when the
core dump was taken.

Currently supports linux/amd64 and linux/arm64 core files, windows/amd64 minidumps and core files generated by Delve's 'dump' command.`,
		flags: [],
		without: ["build-flags", "disable-aslr", "redirect", "wd"],
	},
	{
		name: "debug",
		use: "debug [package]",
		short: "Compile and begin debugging main package in current directory, or the package specified.",
		long: `Compiles your program with optimizations disabled, starts and attaches to it.

By default, with no arguments, Delve will compile the 'main' package in the
current directory, and begin to debug it. Alternatively you can specify a
package name and Delve will compile that package instead, and begin a new debug
session.`,
		flags: [CONTINUE, OUTPUT, RR, TTY],
	},
	{
		name: "exec",
		use: "exec <path/to/binary>",
		short: "Execute a precompiled binary, and begin a debug session.",
		long: `Execute a precompiled binary and begin a debug session.

This command will cause Delve to exec the binary and immediately attach to it to
begin a new debug session. Please note that if the binary was not compiled with
optimizations disabled, it may be difficult to properly debug it. Please
consider compiling debugging binaries with -gcflags="all=-N -l" on Go 1.10
or later, -gcflags="-N -l" on earlier versions of Go.`,
		flags: [CONTINUE, RR, TTY],
		without: ["build-flags"],
	},
	{
		name: "gcore",
		use: "gcore pid",
		short: "Write a core file of a process that goes on.",
		long: `Stops a process, writes a core file of it, and lets it go on.

The file is sparse: memory that was never touched, and pages of zeros, take no room. It is read by
'tsugo dlv core', Delve and gdb. --go-only also leaves out pages of the heap that no object and no stack uses.`,
		flags: [
			{ name: "go-only", kind: "bool", default: false, help: "Leave out free pages of the heap" },
			{ name: "output", short: "o", kind: "string", default: "", help: "Path of the core file (default core.PID)" },
		],
		without: GLOBAL_FLAGS.map((f) => f.name),
	},
	{
		name: "test",
		use: "test [package]",
		short: "Compile test binary and begin debugging program.",
		long: `Compiles a test binary with optimizations disabled and begins a new debug session.

The test command allows you to begin a new debug session in the context of your
unit tests. By default Delve will debug the tests in the current directory.
Alternatively you can specify a package name, and Delve will debug the tests in
that package instead. Double-dashes \`--\` can be used to pass arguments to the test program:

dlv test [package] -- -test.run TestSomething -test.v -other-argument

See also: 'go help testflag'.`,
		flags: [
			OUTPUT,
			{ name: "test-filter", kind: "string", default: "", help: "Run only the tests that match: short for -- -test.run REGEXP" },
		],
	},
	{
		name: "trace",
		use: "trace [package] regexp",
		short: "Compile and begin tracing program.",
		long: `Trace program execution.

The trace sub command will set a tracepoint on every function matching the
provided regular expression and output information when tracepoint is hit.  This
is useful if you do not want to begin an entire debug session, but merely want
to know what functions your process is executing.

The output of the trace sub command is printed to stderr, so if you would like to
only see the output of the trace operations you can redirect stdout.`,
		flags: [
			{ name: "ebpf", kind: "bool", default: false, help: "Trace using eBPF (experimental)." },
			{ name: "exec", short: "e", kind: "string", default: "", help: "Binary file to exec and trace." },
			{
				name: "follow-calls",
				kind: "int",
				default: 0,
				help: "Trace all children of the function to the required depth. Trace also supports defer functions and cases where functions are dynamically returned and passed as parameters.",
			},
			OUTPUT,
			{ name: "pid", short: "p", kind: "int", default: 0, help: "Pid to attach to." },
			{ name: "stack", short: "s", kind: "int", default: 0, help: "Show stack trace with given depth. (Ignored with --ebpf)" },
			{ name: "test", short: "t", kind: "bool", default: false, help: "Trace a test binary." },
			{ name: "timestamp", kind: "bool", default: false, help: "Show timestamp in the output" },
			{
				name: "verbose",
				short: "v",
				kind: "int",
				default: 0,
				help: "Parameter verbosity: 0=values, 1=types, 2=inline, 3=expanded, 4=full (default 0)",
			},
		],
	},
	{
		name: "version",
		use: "version",
		short: "Prints version.",
		long: "Prints version.",
		flags: [{ name: "verbose", short: "v", kind: "bool", default: false, help: "print verbose version info" }],
		without: GLOBAL_FLAGS.map((f) => f.name),
	},
];

/** Parses a command's arguments; flags and positions may be mixed. Throws DlvUsageError with cobra's words. */
export function parseFlags(specs: readonly FlagSpec[], argv: readonly string[]): ParsedFlags {
	const values: ParsedFlags["values"] = new Map();
	for (const s of specs) values.set(s.name, s.kind === "list" ? [] : s.default);
	const args: string[] = [];
	for (let i = 0; i < argv.length; i++) {
		const a = argv[i] as string;
		if (a === "--") {
			const dash = args.length;
			args.push(...argv.slice(i + 1));
			return { values, args, dash };
		}
		if (!a.startsWith("-") || a === "-") {
			args.push(a);
			continue;
		}
		let spec: FlagSpec | undefined;
		let value: string | undefined;
		let shown: string;
		if (a.startsWith("--")) {
			const eq = a.indexOf("=");
			const name = eq < 0 ? a.slice(2) : a.slice(2, eq);
			if (name === "help") throw new HelpRequested();
			spec = specs.find((s) => s.name === name);
			if (spec === undefined) throw new DlvUsageError(`unknown flag: --${name}`);
			if (eq >= 0) value = a.slice(eq + 1);
			shown = `--${name}`;
		} else {
			const letter = a[1] as string;
			if (letter === "h") throw new HelpRequested();
			spec = specs.find((s) => s.short === letter);
			if (spec === undefined) throw new DlvUsageError(`unknown shorthand flag: '${letter}' in ${a}`);
			if (a.length > 2) value = a[2] === "=" ? a.slice(3) : a.slice(2);
			shown = `'${letter}' in ${a}`;
		}
		if (value === undefined && spec.kind !== "bool") {
			value = argv[++i];
			if (value === undefined) throw new DlvUsageError(`flag needs an argument: ${shown}`);
		}
		store(values, spec, value ?? "true");
	}
	return { values, args, dash: -1 };
}

export class HelpRequested extends Error {}

function store(values: ParsedFlags["values"], spec: FlagSpec, text: string): void {
	const shown = spec.short === undefined ? `--${spec.name}` : `-${spec.short}, --${spec.name}`;
	const bad = (parse: string): DlvUsageError =>
		new DlvUsageError(
			`invalid argument ${JSON.stringify(text)} for ${JSON.stringify(shown)} flag: strconv.${parse}: parsing ${JSON.stringify(text)}: invalid syntax`,
		);
	switch (spec.kind) {
		case "bool":
			if (!/^(1|t|T|TRUE|true|True|0|f|F|FALSE|false|False)$/.test(text)) throw bad("ParseBool");
			values.set(spec.name, /^[1tT]/.test(text));
			return;
		case "int":
			if (!/^[+-]?\d+$/.test(text)) throw bad("ParseInt");
			values.set(spec.name, Number(text));
			return;
		case "float":
			if (text.trim() === "" || Number.isNaN(Number(text))) throw bad("ParseFloat");
			values.set(spec.name, Number(text));
			return;
		case "list":
			(values.get(spec.name) as string[]).push(text);
			return;
		default:
			values.set(spec.name, text);
	}
}

/** The flags of a command, its own and the persistent ones. */
export function allFlags(c: CommandSpec): FlagSpec[] {
	return [...c.flags, ...GLOBAL_FLAGS];
}

function flagTable(flags: readonly FlagSpec[]): string {
	const shown = flags.filter((f) => f.hidden !== true).sort((a, b) => (a.name < b.name ? -1 : 1));
	const rows = shown.map((f) => {
		const type = f.type ?? (f.kind === "bool" ? "" : f.kind);
		const left = `  ${f.short === undefined ? "   " : `-${f.short},`} --${f.name}${type === "" ? "" : ` ${type}`}`;
		const zero = f.default === "" || f.default === false || f.default === 0;
		return [
			left,
			f.help + (zero ? "" : ` (default ${typeof f.default === "string" ? JSON.stringify(f.default) : String(f.default)})`),
		] as const;
	});
	const width = Math.max(...rows.map(([l]) => l.length));
	return rows.map(([l, r]) => `${l.padEnd(width)}   ${r}`).join("\n");
}

/** "Usage: …" with the command's flags. */
export function usageText(c: CommandSpec): string {
	const help: FlagSpec = { name: "help", short: "h", kind: "bool", default: false, help: `help for ${c.name}` };
	const own = flagTable([...c.flags, help]);
	const global = GLOBAL_FLAGS.filter((f) => c.without?.includes(f.name) !== true);
	const tail = global.length === 0 ? "" : `\n\nGlobal Flags:\n${flagTable(global)}`;
	return `Usage:\n  dlv ${c.use}${c.name === "version" ? "" : " [flags]"}\n\nFlags:\n${own}${tail}\n`;
}

export const ROOT_HELP: string = `Delve is a source level debugger for Go programs.

Delve enables you to interact with your program by controlling the execution of the process,
evaluating variables, and providing information of thread / goroutine state, CPU register state and more.

The goal of this tool is to provide a simple yet powerful interface for debugging Go programs.

Pass flags to the program you are debugging using \`--\`, for example:

\`dlv exec ./hello -- server --config conf/config.toml\`

Usage:
  dlv [command]

Available Commands:
${COMMANDS.filter((c) => c.hidden !== true)
	.map((c) => `  ${c.name.padEnd(28)} ${c.short}`)
	.join("\n")}

Additional help topics:
  dlv backend                      Help about the --backend flag.
  dlv log                          Help about logging flags.
  dlv redirect                     Help about file redirection.

Use "dlv [command] --help" for more information about a command.
`;

export const TOPICS: Readonly<Record<string, string>> = {
	backend: `The --backend flag specifies which backend should be used, possible values
are:

	default		Native backend.
	native		Native backend.
`,
	log: `Logging can be enabled by specifying the --log flag and using the
--log-output flag to select which components should produce logs.

The argument of --log-output must be a comma separated list of component
names selected from this list:


	debugger	Log debugger commands
	rpc		Log all RPC messages
	dap		Log all DAP messages

Additionally --log-dest can be used to specify where the logs should be
written.
If the argument is a number it will be interpreted as a file descriptor,
otherwise as a file path.
`,
	redirect: `The standard file descriptors of the target process can be controlled using the '-r' and '--tty' arguments.

The --tty argument allows redirecting all standard descriptors to a terminal, specified as an argument to --tty.

The syntax for '-r' argument is:

		-r [source:]destination

Where source is one of 'stdin', 'stdout' or 'stderr' and destination is the path to a file. If the source is omitted stdin is used implicitly.

File redirects can also be changed using the 'restart' command.
`,
};
