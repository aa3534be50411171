import { run } from './cli/index.js'

// The checked-in shim calls this; nothing runs on import.
export { run }
