// Values as Delve writes them: what a client of a session needs, without what reads them.
export { printValue } from "./print.ts";
export { EMPTY_VIEW } from "./view.ts";
