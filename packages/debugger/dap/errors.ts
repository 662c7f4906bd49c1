// Errors as DAP clients get them. The numbers are those that Delve uses; the protocol leaves them to the adapter.

export const ErrorId = {
	FailedToLaunch: 3000,
	FailedToAttach: 3001,
	FailedToInitialize: 3002,
	UnableToSetBreakpoints: 2002,
	UnableToProduceStackTrace: 2004,
	UnableToListLocals: 2005,
	UnableToListArgs: 2006,
	UnableToListGlobals: 2007,
	UnableToLookupVariable: 2008,
	UnableToEvaluateExpression: 2009,
	UnableToHalt: 2010,
	UnableToGetExceptionInfo: 2011,
	UnableToSetVariable: 2012,
	UnableToDisassemble: 2013,
	UnableToListRegisters: 2014,
	UnableToRunDlvCommand: 2015,
	UnableToReadMemory: 2016,
	UnableToGetDataBreakpointInfo: 2017,
	UnableToWriteMemory: 2018,
	NoDebugIsRunning: 3000,
	DebuggeeIsRunning: 4000,
	DisconnectError: 5000,
	UnsupportedCommand: 9999,
	InternalError: 8888,
} as const;

/** Refuses a request: `summary` names what failed, `details` why. */
export class DapError extends Error {
	readonly id: number;
	readonly summary: string;
	readonly showUser: boolean;

	constructor(id: number, summary: string, details: string, showUser = false) {
		super(`${summary}: ${details}`);
		this.id = id;
		this.summary = summary;
		this.showUser = showUser;
	}
}

export function detailsOf(e: unknown): string {
	return e instanceof Error ? e.message : String(e);
}

/** Awaits a part of a request; what goes wrong in it refuses the request with this summary. */
export async function attempt<T>(id: number, summary: string, part: () => Promise<T>): Promise<T> {
	try {
		return await part();
	} catch (e) {
		if (e instanceof DapError) throw e;
		throw new DapError(id, summary, detailsOf(e));
	}
}
