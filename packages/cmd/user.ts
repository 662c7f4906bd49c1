export { UserError } from "#build/usererror";
