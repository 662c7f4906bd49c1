import type { Func } from "./objects.ts";
import type { UnionTerm } from "./types.ts";

/** What an interface admits: methods a type must have, and (unless null: all) the types listed. */
export interface TypeSet {
	/** All methods, sorted by compareObjs. */
	methods: Func[];
	/** null: all types. Empty: no type. Disjoint otherwise. */
	terms: UnionTerm[] | null;
	/** Only comparable types; meaningful when terms is null. */
	comparable: boolean;
}
