import type { WithdrawalView } from '@aquifer/core/contract'

/** What each act means, in the words of the page. */
export const actWords: Record<WithdrawalView['act'], string> = {
  'stop-new': 'Stop new data: nothing new enters; what is here stays in use.',
  'stop-use': 'Stop use: nothing new enters, and nobody sees what is here.',
  erase: 'Erase: nothing new enters, and what is here leaves every store.',
}
