// The types of the API (api.ts), without imports: the npm package ships this file as
// its type declarations.

/** What to work on. Nothing is taken from the process but the defaults named here. */
export interface Request {
	/** Packages as the go command names them (`./cmd/x`, `./...`, import paths), or the .go files of one package. Default: `.` */
	patterns?: readonly string[];
	/** Directory that patterns and messages are relative to. Default: the working directory. */
	dir?: string;
	/** Environment: GOROOT, GOFLAGS, GOPROXY, GOCACHE and so on. Default: that of the process. */
	env?: Readonly<Record<string, string | undefined>>;
	/** Build flags in the go command's words: `["-tags=netgo", "-gcflags=-N -l"]`. */
	flags?: readonly string[];
}

/** What is wrong with a package, in the words of `go build`. */
export interface PackageErrors {
	/** Import path; `command-line-arguments` for files. */
	importPath: string;
	/** `file:line:column: message`, file names relative to the request's directory. */
	lines: string[];
}

/** An executable in memory. */
export interface Program {
	importPath: string;
	/** Name that `go build` would give the file. */
	name: string;
	/** The bytes of a linux/amd64 ELF file. */
	image: Uint8Array;
}

export interface BuildResult {
	/** The programs of the main packages that patterns name, in that order; empty if there are errors. */
	programs: Program[];
	/** Empty = success. */
	errors: PackageErrors[];
}

export interface RunRequest extends Request {
	/** Arguments of the program. */
	args?: readonly string[];
	/** Bytes or text for standard input. Default: none. */
	input?: string | Uint8Array;
	/** Milliseconds after which the program is killed. Default: no limit. */
	timeout?: number;
}

export interface RunResult {
	/** null: the program was ended by a signal, or could not be built. */
	code: number | null;
	signal: string | null;
	stdout: string;
	stderr: string;
	/** Of the build; empty = the program ran. */
	errors: PackageErrors[];
}

/** A node of the syntax tree; which fields there are depends on kind (packages/syntax/nodes.ts). */
export interface SyntaxNode {
	readonly kind: number;
	readonly pos: number;
}

export interface ParseResult {
	/** The file; what could be understood if there are errors. */
	tree: SyntaxNode;
	/** `file:line:column: syntax error: …`, all of them. */
	errors: string[];
}

/** Parses one Go file. */
export type Parse = (name: string, source: string | Uint8Array) => ParseResult;
/** Loads and type-checks packages with everything they import. */
export type Check = (request?: Request) => Promise<PackageErrors[]>;
/** Compiles and links main packages; other packages are checked. */
export type Build = (request?: Request) => Promise<BuildResult>;
/** Builds one main package and runs it. Throws UserError if patterns name no or several programs. */
export type Run = (request?: RunRequest) => Promise<RunResult>;
