// The C library functions that controlling a process needs, through koffi. All calls are synchronous: ptrace only obeys the
// thread that attached, so everything here is used from one thread (packages/debugger runs it in a worker).
import koffi from "koffi";

export const PTRACE_CONT = 7;
export const PTRACE_SINGLESTEP = 9;
export const PTRACE_GETREGS = 12;
export const PTRACE_SETREGS = 13;
export const PTRACE_DETACH = 17;
export const PTRACE_PEEKUSER = 3;
export const PTRACE_POKEUSER = 6;
export const PTRACE_GETEVENTMSG = 0x4201;
export const PTRACE_GETSIGINFO = 0x4202;
export const PTRACE_GETREGSET = 0x4204;
export const PTRACE_SETREGSET = 0x4205;
export const PTRACE_SEIZE = 0x4206;
export const PTRACE_INTERRUPT = 0x4207;
export const PTRACE_LISTEN = 0x4208;

export const PTRACE_O_TRACEFORK = 0x2;
export const PTRACE_O_TRACEVFORK = 0x4;
export const PTRACE_O_TRACECLONE = 0x8;
export const PTRACE_O_TRACEEXEC = 0x10;
export const PTRACE_O_EXITKILL = 0x100000;

export const PTRACE_EVENT_FORK = 1;
export const PTRACE_EVENT_VFORK = 2;
export const PTRACE_EVENT_CLONE = 3;
export const PTRACE_EVENT_EXEC = 4;
export const PTRACE_EVENT_STOP = 128;

export const WNOHANG = 1;
/** Threads as well as processes. */
export const WALL = 0x40000000;
/** Only what this thread started or traces: other parts of this process (node's child processes) wait for their own. */
export const WNOTHREAD = 0x20000000;

export const EPERM = 1;
export const ESRCH = 3;
export const EINTR = 4;

export const SIGKILL = 9;
export const SIGTRAP = 5;

export interface Libc {
	errno(): number;
	strerror(errno: number): string;
	gettid(): number;
	/** The word form: addr and data are plain integers. */
	ptrace(request: number, pid: number, addr: number | bigint, data: number | bigint): number | bigint;
	/** The pointer form: the kernel reads or writes `data`. */
	ptraceBuffer(request: number, pid: number, addr: number, data: Uint8Array): number;
	/** GETREGSET and SETREGSET; returns the number of bytes that the kernel used, -1 on an error. */
	ptraceRegset(request: number, pid: number, note: number, data: Uint8Array): number;
	waitpid(pid: number, status: Int32Array, options: number): number;
	kill(pid: number, signal: number): number;
	tgkill(tgid: number, tid: number, signal: number): number;
	pread(fd: number, buffer: Uint8Array, count: number, offset: number): number;
	pwrite(fd: number, buffer: Uint8Array, count: number, offset: number): number;
	open(path: string, flags: number): number;
	close(fd: number): number;
	personality(persona: number): number;
	/** The processors a thread may run on, as a bit mask of 128 bytes; returns the number of bytes written, or -1. */
	getAffinity(tid: number, mask: Uint8Array): number;
	setAffinity(tid: number, mask: Uint8Array): number;
	mkfifo(path: string, mode: number): number;
	spawn(request: SpawnCall): void;
	/** Makes a process group the foreground group of the terminal at fd. */
	tcsetpgrp(fd: number, group: number): number;
	tcgetpgrp(fd: number): number;
	/** Ends this process at once, whatever its threads are doing. */
	exitNow(code: number): void;
	/** Ignores a signal in this process; true when it could be done. */
	ignoreSignal(signal: number): void;
}

/** A posix_spawn on another thread of this process (that call blocks until the child executes its program). */
export interface SpawnCall {
	path: string;
	args: readonly string[];
	env: readonly string[];
	dir: string;
	/** Opened in order in the child, each at the given descriptor. */
	opens: readonly { fd: number; path: string; flags: number; mode: number }[];
	dups: readonly { from: number; to: number }[];
	closes: readonly number[];
	newSession: boolean;
}

const POSIX_SPAWN_SETPGROUP = 2;
const POSIX_SPAWN_SETSIGDEF = 4;
const POSIX_SPAWN_SETSIGMASK = 8;
const POSIX_SPAWN_SETSID = 0x80;

type Library = ReturnType<typeof koffi.load>;

export function loadLibc(): Libc {
	const lib = koffi.load("libc.so.6");
	const fn = (prototype: string) => lib.func(prototype);
	const strerror = fn("const char *strerror(int e)");
	const iovec = koffi.struct({ base: "void *", len: "size_t" });
	const ptrace = fn("int64_t ptrace(int request, int pid, uint64_t addr, uint64_t data)");
	const ptraceBuffer = fn("int64_t ptrace(int request, int pid, uint64_t addr, void *data)");
	const ptraceRegset = lib.func("ptrace", "int64_t", ["int", "int", "uint64_t", koffi.inout(koffi.pointer(iovec))]);
	const waitpid = fn("int waitpid(int pid, void *status, int options)");
	const pread = fn("int64_t pread64(int fd, void *buf, size_t n, int64_t off)");
	const pwrite = fn("int64_t pwrite64(int fd, void *buf, size_t n, int64_t off)");
	const kill = fn("int kill(int pid, int sig)");
	const tgkill = fn("int tgkill(int tgid, int tid, int sig)");
	const open = fn("int open(const char *path, int flags)");
	const getAffinity = fn("int sched_getaffinity(int pid, size_t n, void *mask)");
	const setAffinity = fn("int sched_setaffinity(int pid, size_t n, void *mask)");
	const signal = fn("void *signal(int sig, uintptr_t handler)");
	return {
		errno: () => koffi.errno(),
		strerror: (e) => strerror(e) as string,
		gettid: fn("int gettid()") as () => number,
		ptrace: ptrace as Libc["ptrace"],
		ptraceBuffer: ptraceBuffer as Libc["ptraceBuffer"],
		ptraceRegset: (request, pid, note, data) => {
			const vec = { base: data, len: data.length };
			return Number(ptraceRegset(request, pid, note, vec)) < 0 ? -1 : Number(vec.len);
		},
		waitpid: waitpid as Libc["waitpid"],
		kill: kill as Libc["kill"],
		tgkill: tgkill as Libc["tgkill"],
		pread: (fd, b, n, off) => Number(pread(fd, b, n, off)),
		pwrite: (fd, b, n, off) => Number(pwrite(fd, b, n, off)),
		open: open as Libc["open"],
		close: fn("int close(int fd)") as Libc["close"],
		personality: fn("int personality(unsigned long p)") as Libc["personality"],
		getAffinity: (tid, mask) => getAffinity(tid, mask.length, mask) as number,
		setAffinity: (tid, mask) => setAffinity(tid, mask.length, mask) as number,
		mkfifo: fn("int mkfifo(const char *path, unsigned int mode)") as Libc["mkfifo"],
		spawn: spawner(lib),
		tcsetpgrp: fn("int tcsetpgrp(int fd, int pgrp)") as Libc["tcsetpgrp"],
		tcgetpgrp: fn("int tcgetpgrp(int fd)") as Libc["tcgetpgrp"],
		exitNow: fn("void _exit(int code)") as Libc["exitNow"],
		ignoreSignal: (sig) => void signal(sig, 1),
	};
}

function spawner(lib: Library): (call: SpawnCall) => void {
	const fn = (prototype: string) => lib.func(prototype);
	const actionsInit = fn("int posix_spawn_file_actions_init(void *fa)");
	const actionsDestroy = fn("int posix_spawn_file_actions_destroy(void *fa)");
	const addOpen = fn("int posix_spawn_file_actions_addopen(void *fa, int fd, const char *path, int flags, unsigned int mode)");
	const addDup = fn("int posix_spawn_file_actions_adddup2(void *fa, int from, int to)");
	const addClose = fn("int posix_spawn_file_actions_addclose(void *fa, int fd)");
	const addChdir = fn("int posix_spawn_file_actions_addchdir_np(void *fa, const char *path)");
	const attrInit = fn("int posix_spawnattr_init(void *attr)");
	const attrFlags = fn("int posix_spawnattr_setflags(void *attr, short flags)");
	const attrGroup = fn("int posix_spawnattr_setpgroup(void *attr, int group)");
	const attrDefault = fn("int posix_spawnattr_setsigdefault(void *attr, void *set)");
	const attrMask = fn("int posix_spawnattr_setsigmask(void *attr, void *set)");
	const spawn = fn("int posix_spawn(void *pid, const char *path, void *fa, void *attr, char **argv, char **envp)");
	return (call) => {
		const fa = new Uint8Array(256);
		const attr = new Uint8Array(512);
		actionsInit(fa);
		for (const o of call.opens) addOpen(fa, o.fd, o.path, o.flags, o.mode);
		for (const d of call.dups) addDup(fa, d.from, d.to);
		for (const fd of call.closes) addClose(fa, fd);
		if (call.dir !== "") addChdir(fa, call.dir);
		attrInit(attr);
		const every = new Uint8Array(128).fill(0xff);
		attrDefault(attr, every);
		attrMask(attr, new Uint8Array(128));
		attrGroup(attr, 0);
		attrFlags(attr, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | (call.newSession ? POSIX_SPAWN_SETSID : POSIX_SPAWN_SETPGROUP));
		// The buffers are captured by the callback: they stay alive until the child runs its program.
		spawn.async(null, call.path, fa, attr, [...call.args, null], [...call.env, null], () => {
			actionsDestroy(fa);
			attr[0] = attr[0] as number;
		});
	};
}
