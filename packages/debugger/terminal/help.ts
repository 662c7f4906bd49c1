// What "help COMMAND" says beyond the first line and the synopsis of the table in commands.ts.

const LOCATIONS = `A location is one of
  *ADDRESS          an address: decimal, 0x hexadecimal or 0 octal
  FILE:LINE         a line; the end of the file's path is enough while it is unambiguous
  LINE, +N, -N      a line of the current file, or counted from the current line
  FUNCTION[:LINE]   a function, [PACKAGE.][(*RECEIVER).]NAME as far as needed to be unambiguous, or a line counted from its first
  /REGEXP/          every function whose name matches`;

export const HELP: Readonly<Record<string, string>> = {
	break: `${LOCATIONS}

Without a location: the current line. The breakpoint can be given a name (letters and digits, not only digits), and a condition
after "if":

	break mine server.go:40 if len(queue) > 10

A location in code that is not loaded yet can be set as a suspended breakpoint. See also: "help on", "help condition", "help clear".`,
	trace: `A tracepoint is a breakpoint that says where it was hit, with the arguments, and goes on. Set on a function it also says what the
function returns. Locations are those of "help break". See also: "help on", "help condition", "help clear".`,
	watch: `	-r   stop when the memory is read
	-w   stop when it is written
	-rw  stop when it is read or written

The expression must have an address and 1 to 8 bytes. The processor does the watching: there are four places. A watched variable on
the stack can only be watched for writes, and is dropped when its function returns.`,
	restart: `The program starts again from the beginning, with new arguments when some are given. -noargs: with none. Standard streams are
redirected by <FILE, >FILE and 2>FILE. Breakpoints are kept.`,
	continue: `With a location: until it is reached (other breakpoints stop the program too). See "help break" for locations.`,
	next: `With a count: as many lines. Breakpoints in called functions stop the program: then the step can be finished or cancelled.`,
	call: `The selected goroutine calls the function and the results are shown; the whole program runs meanwhile, so breakpoints may be hit: the
call is finished by "continue". Assignments ("call x = f()") and string literals work here and only here.
Restrictions: the goroutine must run and be at a point where the runtime permits it, with 256 bytes of stack left; pointers to its stack
cannot be passed unless -unsafe is given; functions compiled with optimizations cannot be called.`,
	goroutines: `Which place is shown:
	-u  in user code (default)   -r  the topmost, in the runtime too   -g  of the go statement   -s  of the started function
	-t [DEPTH]  with the stack (10)   -l  with labels   -exec COMMAND  runs a command on each

Which goroutines:
	-with FIELD TEXT, -without FIELD TEXT   FIELD: userloc, curloc, goloc, startloc, label (KEY or KEY=VALUE); or, without text, running, user
	-chan EXPR       those that wait for a channel
	-s STATUS        waiting, running, runnable, syscall or dead (tsugo)

	-group FIELD [KEY]  grouped by userloc, curloc, goloc, startloc, running, user or "label KEY", five of each

	-leaks           those that nothing in the program can ever wake: what each waits for, who has it, where it was started (tsugo)
	-deadlock        circles of goroutines that wait for each other (tsugo)`,
	goroutine: `Without arguments: the current goroutine. With a number: selects it. With a number and a command: runs the command on that goroutine.`,
	breakpoints: `	-a          also those that steps and the debugger use
	-save FILE  writes commands that make them again: "source FILE"`,
	print: `	%FORMAT   as of package fmt, for numbers and strings: print %x n

Expressions are Go's, and: m[10:] (entries of a map from the tenth), x.(data) (what an interface holds), registers in capitals (RAX, XMM0.uint8),
"path/of.package".Name, runtime.curg, runtime.frame(N).x, delve.bphitcount[NAME].`,
	set: `Numbers, booleans, pointers and nil, and whatever can be copied from another variable. Strings: "call x = ...". Registers are written by
their names in capitals.`,
	args: `	-v   values in full
Only names that match the regular expression, when one is given.`,
	locals: `	-v   values in full
Only names that match the regular expression, when one is given. A variable hidden by another of its name is shown in parentheses.`,
	vars: `	-v   values in full
Only names (with their package) that match the regular expression, when one is given.`,
	regs: `	-a   vector and floating point registers too`,
	exit: `	-c   only detaches: the program goes on (of a server that accepts several clients: the server goes on too)`,
	list: `Source around the current line, or around a location (see "help break").`,
	stack: `	DEPTH          at most so many frames (50)
	-full          with arguments and locals
	-offsets       with the frame's offsets from the stack's base
	-defer         with deferred calls
	-a N           stacks of N goroutines that created this one (needs GODEBUG=tracebackancestors=N)
	-adepth DEPTH  frames of those
	-mode MODE     normal (follows the runtime's switches of stacks), simple (does not), fromg (begins at the goroutine's saved registers)`,
	frame: `The first form selects a frame, by its number in "stack"; the second runs a command on it.`,
	up: `Selects the frame M (1) further out, or runs a command on it.`,
	down: `Selects the frame M (1) further in, or runs a command on it.`,
	deferred: `Runs args, locals or print in the scope of the N-th deferred call of the frame (see "stack -defer").`,
	disassemble: `	-a START END   the instructions between two addresses
	-l LOCATION    the function at a location

Without arguments: the current function.`,
	on: `The commands are: print, stack, goroutine, args, locals, trace and condition. "on NAME -edit" opens the list in an editor.`,
	condition: `The breakpoint stops the program only when the expression is true.

	condition -hitcount NAME OPERATOR NUMBER        after so many hits: == != > >= < <= or % (every so many)
	condition -per-g-hitcount NAME OPERATOR NUMBER  the same, counted by goroutine
	condition -clear NAME                           without conditions again`,
	config: `	config -list              all parameters
	config -save              writes them to the configuration file
	config NAME VALUE         sets one
	config alias COMMAND NAME, config alias NAME
	                          gives a command another name, takes the name away
	config substitute-path FROM TO, config substitute-path FROM, config substitute-path -clear, config substitute-path -guess
	                          where source files are`,
	examinemem: `	-fmt FORMAT    hex (default), dec, oct, bin or raw
	-count N       how many (1); -len is the same
	-size N        bytes of each (1 to 8; 1)
	-x EXPR        the address is an expression's value`,
	display: `	-a [%FORMAT] EXPR   adds an expression
	-d NUMBER           removes one`,
	dump: `The file is an ELF core with the memory and registers of the process, which goes on.`,
	transcript: `	-t     empties the file first
	-x     does not print to the terminal any more
	-off   ends the transcript`,
	target: `	target follow-exec -on [REGEXP]   debugs programs that are executed too (whose command line matches)
	target follow-exec -off           does not
	target list                       processes under control
	target switch PID                 selects one`,
	edit: `At a location (see "help break"), or where the program is. The editor is $DELVE_EDITOR or $EDITOR.`,
	clearall: `Those at a location (see "help break"), or all.`,
	whatis: `The type of an expression; for an interface also what is in it; a type's parts when it names a type.`,
	types: `Only those that match the regular expression, when one is given.`,
	funcs: `Only those that match the regular expression, when one is given.`,
	sources: `Only those that match the regular expression, when one is given.`,
	packages: `Only those that match the regular expression, when one is given.`,
};
