import type { Issue } from './issue.js'
import type { Place } from './place.js'

export interface RepairRule {
  name: string
  description: string
  /** Where the defect was met, or what in DSTU2 makes the change safe. */
  source: string
  /** Mends the place and says true, or leaves it alone. Called only where validation found this issue. */
  mend: (place: Place, issue: Issue) => boolean
}
