// Studies: creating them, finding them, and how they look as a FHIR Group.
// Never decides whose data may enter one: access and consent do.
export { openStudies, toStudyView } from './studies.js'
export type { Studies } from './studies.js'
export { openStudyFiles } from './file.js'
export type { StudyFiles } from './file.js'
export { studyGroup, studyStatusOf } from './group.js'
export type { Study } from '../repository/index.js'
