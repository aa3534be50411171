import type { AccessHolder, AccessHolders } from '@aquifer/core/contract'
import { unformula } from '../../notebook/csv.js'
import { sightNames, sightOf, sitesWords } from './words.js'

const quote = (text: string) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)

/** Who can see it, with what the list rests on in the first line. */
export function holdersCsv({ study, site, asOf }: AccessHolders, holders: readonly AccessHolder[]): string {
  const lines = [
    quote(`# who can see ${study ?? 'anything'}${site === null ? '' : `, site ${site}`} · as of ${asOf} · ${holders.length} listed`),
    'who,name,kind,role,studies,sites,sees,last sign-in',
    ...holders.map((holder) =>
      [
        holder.holder,
        holder.name,
        holder.kind,
        holder.role,
        holder.studies.join(' '),
        holder.sites.join(' ') || sitesWords(holder),
        sightNames[sightOf(holder)],
        holder.signedInAt ?? '',
      ]
        .map((cell) => quote(unformula(cell)))
        .join(','),
    ),
  ]
  return `${lines.join('\r\n')}\r\n`
}
