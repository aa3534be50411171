/** What the platform's own statements found, all of one snapshot. */
export interface Figures {
  snapshot: string
  maskingPolicy: string
  consentEpoch: number
  /** Rows of each statement; null for one that has more than were asked for. */
  answers: (unknown[][] | null)[]
}
