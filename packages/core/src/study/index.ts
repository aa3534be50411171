// A study's settings and the rules between them.
// Never stores a study and never decides who may enter it.
export { builtInPolicies, enrolments, partitions, studyKinds, studyStatuses } from './study.js'
export type { Enrolment, Partition, Study, StudyKind, StudyRequest, StudyStatus } from './study.js'
export { feedApp, feedDueAt, feedWithinMaxMs, feedWithinMinMs, isFeedSender } from './feed.js'
export { isReservedWord } from './reserved-words.js'
export { completeStudy, datesUnder, isSiteId, isStudyId } from './rules.js'
export type { PolicyDates } from './rules.js'
export { appNamed, outputFormats, requiredFor, settingsDiff, settingsFindings, settingsOf } from './settings.js'
export type { AppRule, FormVersion, OutputFormat, SettingsChange, StudySettings, Visit } from './settings.js'
