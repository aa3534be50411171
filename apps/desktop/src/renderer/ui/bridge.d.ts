import type { Bridge } from '../../shared/channels.js'

declare global {
  interface Window {
    /** Only inside the desktop program. */
    aquifer?: Bridge
  }
}
