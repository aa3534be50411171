import { Download, TriangleAlert } from 'lucide-react'
import type { Invitation } from '@aquifer/core/contract'
import { Button } from '../../../ui/Button.js'
import { CopyButton } from '../../../ui/CopyButton.js'
import { clock, day, plural } from '../../../ui/format.js'
import { NoteDialog } from '../../../ui/FormDialog.js'
import { Icon } from '../../../ui/Icon.js'
import { download } from '../../notebook/csv.js'

/** One-time codes, shown this once: the server keeps a hash of each and cannot tell them again. */
export function CodesDialog({ codes, onClose }: { codes: Invitation[]; onClose(): void }) {
  const one = codes.length === 1 ? codes[0] : undefined
  const csv = ['user,code,expires', ...codes.map(({ user, code, expiresAt }) => `${user},${code},${expiresAt}`), ''].join('\r\n')
  return (
    <NoteDialog
      title={one ? `Code for ${one.user}` : `${plural(codes.length, 'code')} to hand over`}
      lead="Each works once, until the time beside it. A newer code makes the older one void."
      done="I have handed it over"
      onClose={onClose}
    >
      {one ? (
        <div className="code-once">
          <output className="mono" aria-label="One-time code">
            {one.code}
          </output>
          <span className="row">
            <span className="sub num">
              until {day(one.expiresAt)}, {clock(one.expiresAt)}
            </span>
            <span className="end">
              <CopyButton text={one.code} />
            </span>
          </span>
        </div>
      ) : (
        <>
          <div className="code-list">
            <table className="table">
              <tbody>
                {codes.map(({ user, code, expiresAt }) => (
                  <tr key={user}>
                    <td className="medium">{user}</td>
                    <td className="mono">{code}</td>
                    <td className="sub num">until {day(expiresAt)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
          <span className="row">
            <CopyButton text={codes.map(({ user, code }) => `${user} ${code}`).join('\n')} label="Copy all" />
            <Button icon={Download} onPress={() => download('one-time-codes.csv', csv, 'text/csv;charset=utf-8')}>
              Codes as CSV
            </Button>
          </span>
        </>
      )}
      <p className="notice warn">
        <Icon of={TriangleAlert} />
        Shown this once. Nobody can look it up again, administrators included.
      </p>
    </NoteDialog>
  )
}
