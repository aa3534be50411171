interface Window {
  /** What preload gives the page; said loosely, since these tests also ask for what is not there. */
  aquifer?: { invoke(channel: string, request?: unknown): Promise<unknown> }
}
