import type { QualityReport } from '@aquifer/core/contract'
import { count, lately } from '../../ui/format.js'
import { Panel } from '../../ui/Panel.js'
import { useNow } from '../../ui/use-now.js'
import { Share, Weeks } from './figures.js'
import { found, senderName, spanWords } from './words.js'

const shown = 20

export function FeedsTable({ report }: { report: QualityReport }) {
  const now = useNow()
  const { feeds } = report
  if (feeds.length === 0) return null
  return (
    <Panel
      title="By feed"
      note={
        feeds.length > shown && (
          <span className="sub">
            the {shown} that sent most of {count(feeds.length)}
          </span>
        )
      }
    >
      <table className="table">
        <thead>
          <tr>
            <th scope="col">Sender</th>
            <th scope="col">Program</th>
            <th scope="col">Arrivals, 12 weeks</th>
            <th scope="col" className="n">
              Resources
            </th>
            <th scope="col">Complete</th>
            {['Half within', '95 % within', 'Last', 'Findings'].map((name) => (
              <th key={name} scope="col" className="n">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {feeds.slice(0, shown).map((feed) => (
            <tr key={JSON.stringify([feed.sender, feed.app])}>
              <th scope="row">{senderName(feed.sender)}</th>
              <td className={feed.app === null ? 'ink-3' : undefined}>{feed.app ?? '∅'}</td>
              <td>
                <Weeks weeks={feed.weeks} />
              </td>
              <td className="n">{count(feed.resources)}</td>
              <td>
                <Share value={feed.completeness} />
              </td>
              <td className="n">{spanWords(feed.delay.half)}</td>
              <td className="n">{spanWords(feed.delay.most)}</td>
              <td className="n">{feed.lastAt === null ? '∅' : lately(feed.lastAt, now)}</td>
              <td className={found(feed) === 0 ? 'n ink-3' : 'n strong'}>{count(found(feed))}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  )
}
