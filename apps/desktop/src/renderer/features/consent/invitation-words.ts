import type { InvitationView } from '@aquifer/core/contract'
import { builtInLetters, type InvitationFilter, type InvitationKind, type InvitationState } from '@aquifer/core/registration'
import type { BadgeKind } from '../../ui/Badge.js'

export const kindWords: Readonly<Record<InvitationKind, string>> = {
  patient: 'Patient',
  guardian: 'Guardian',
  'third-party': 'Third party',
  'care-manager': 'Care manager',
}

export const stateBadges: Readonly<Record<InvitationState, { kind: BadgeKind; word: string }>> = {
  sent: { kind: 'missing', word: 'Sent' },
  opened: { kind: 'proposed', word: 'Opened' },
  accepted: { kind: 'active', word: 'Accepted' },
  declined: { kind: 'declined', word: 'Declined' },
  expired: { kind: 'expired', word: 'Run out' },
  revoked: { kind: 'revoked', word: 'Revoked' },
}

export const filterWords: Readonly<Record<InvitationFilter, string>> = {
  sent: 'Sent',
  opened: 'Opened',
  accepted: 'Accepted',
  declined: 'Declined',
  expired: 'Run out',
  revoked: 'Revoked',
  undelivered: 'Not delivered',
}

export const deliveryWords: Readonly<Record<InvitationView['delivery'], string>> = {
  'by-hand': 'by hand',
  waiting: 'on its way',
  delivered: 'delivered',
  failed: 'not delivered',
}

const names = new Intl.DisplayNames('en', { type: 'language' })
/** Languages by name, those with a letter of Aquifer's own first. */
export const languageChoices = (more: readonly string[] = []): { id: string; label: string }[] =>
  [...new Set([...Object.keys(builtInLetters), ...more])].map((id) => ({ id, label: languageName(id) }))

export function languageName(tag: string): string {
  try {
    return names.of(tag) ?? tag
  } catch {
    return tag
  }
}
