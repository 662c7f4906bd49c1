// One client of a session: what it may do, what it did, and a selection of its own. RPC connections and DAP adapters each have one.
import type { ApiEvent } from "./api.ts";
import { type Engine, SessionError } from "./host.ts";
import { type Audit, NO_AUDIT } from "./server/audit.ts";
import { commandName, isNoted, mayCall, type Role } from "./server/roles.ts";
import type { SessionConfig } from "./session.ts";

/** Who a client is. */
export interface Identity {
	role: Role;
	name: string;
	address: string;
}

const OWNER: Identity = { role: "control", name: "", address: "" };

export class EngineClient {
	readonly engine: Engine;
	readonly identity: Identity;
	private readonly id: number;
	private readonly audit: Audit;

	constructor(engine: Engine, identity: Identity = OWNER, audit: Audit = NO_AUDIT) {
		this.engine = engine;
		this.identity = identity;
		this.audit = audit;
		this.id = engine.newClient();
	}

	/** The JSON text of a method's result. Rejects with SessionError. */
	async requestText(method: string, arg: unknown): Promise<string> {
		const { role, name, address } = this.identity;
		const noted = isNoted(method);
		const note = (error?: string): void => {
			if (noted)
				this.audit.note({ event: "call", client: address, name, role, method, argument: arg, ...(error === undefined ? {} : { error }) });
		};
		if (!mayCall(role, method, arg)) {
			const error = `not allowed: this client may observe, not ${commandName(method, arg) || method}`;
			note(error);
			throw new SessionError(error);
		}
		try {
			const text = await this.engine.requestText(method, arg, this.id);
			note();
			return text;
		} catch (e) {
			note(e instanceof Error ? e.message : String(e));
			throw e;
		}
	}

	async request<T>(method: string, arg: unknown): Promise<T> {
		return JSON.parse(await this.requestText(method, arg)) as T;
	}

	get running(): boolean {
		return this.engine.running;
	}

	get config(): SessionConfig {
		return this.engine.config;
	}

	/** Makes the running program stop; a client that may only observe cannot. */
	kick(): void {
		if (this.identity.role === "control") this.engine.kick();
	}

	onEvent(f: (e: ApiEvent) => void): () => void {
		return this.engine.onEvent(f);
	}

	/** Calls f when another client has let the program run, and when what it wanted has come to its end. */
	onOthersRun(f: (running: boolean) => void): () => void {
		return this.engine.onRun((running, client) => {
			if (client !== this.id) f(running);
		});
	}

	/** What others are told of what this client does. */
	announce(running: boolean): void {
		this.engine.announce(running, this.id);
	}

	/** Ends the session's thread. */
	close(): Promise<void> {
		return this.engine.close();
	}
}
