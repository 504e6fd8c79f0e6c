/** Every table the typed query builder knows; each repository file declares its own and is joined in here. */
// biome-ignore lint/suspicious/noEmptyInterface: grows by one `extends` per repository
export interface Tables {}
