/** The message with which a page offers its port; the only one the preload listens for. */
export const CONNECT = 'wedsync:connect';

/** Header that carries the token of this start to the agent (SEC-21). */
export const TOKEN_HEADER = 'x-wedops-token';

/** Prefixes of the agent's listener. Uploads: `PUT /files?name=…` answers `{handle, name, bytes}`; downloads: `GET /files/<handle>`. */
export const RPC_PREFIX = '/rpc';
export const FILES_PATH = '/files';

/** What a page keeps of its view (theme, keys, filters): the agent's port is another at each start, so its browser forgets. */
export const VIEW_PATH = '/view';
/** Bytes of it, at most. */
export const VIEW_LIMIT = 64 * 1024;

/** Bytes of one call from a page, at most; files come another way (SEC-14, SEC-24). */
export const MESSAGE_LIMIT = 1024 * 1024;
