export const studyKinds = ['regulated', 'registry', 'program'] as const
export const studyStatuses = ['draft', 'open', 'closed', 'frozen', 'archived'] as const
export const enrolments = ['closed', 'open'] as const
export const partitions = ['year', 'month', 'day'] as const
export const builtInPolicies = ['safe-harbor', 'expert'] as const

export type StudyKind = (typeof studyKinds)[number]
export type StudyStatus = (typeof studyStatuses)[number]
export type Enrolment = (typeof enrolments)[number]
export type Partition = (typeof partitions)[number]

/** A study's settings, complete: what `study create` fills in and what the database keeps. */
export interface Study {
  id: string
  name: string
  kind: StudyKind
  status: StudyStatus
  enrolment: Enrolment
  sites: string[]
  /** consent types that must all be active before a person's data may enter */
  required: string[]
  masking: string
  /** `continuous`, or a span such as `24h` */
  publish: string
  partition: Partition
  /** IANA zone in which consent days begin and end */
  zone: string
}

/** What a person asks for; everything but id and name has a default. */
export type StudyRequest = Pick<Study, 'id' | 'name'> & Partial<Omit<Study, 'id' | 'name'>>
