export { UserError } from "#build";
