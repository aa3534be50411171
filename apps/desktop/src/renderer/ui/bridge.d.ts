import type { Bridge } from '../../bridge/channels.js'

declare global {
  interface Window {
    /** Only inside the desktop program. */
    aquifer?: Bridge
  }
}
