// Settings, read once and checked together, then handed down as one value.
// Never read anywhere else: no other folder sees the environment.
export { bucketAt } from './bucket.js'
export { readEnvironment } from './env.js'
export type { Environment } from './env.js'
export { readClientSettings, readConfig, serverRoles, settings } from './config.js'
export type { ClientSettings, Config, LogLevel, Overrides, ServerRole } from './config.js'
export { version } from './version.js'
