import {
  Calculator,
  CircleCheck,
  ClockAlert,
  CalendarDays,
  Check,
  Droplet,
  Fingerprint,
  Lock,
  ShieldCheck,
  SquareTerminal,
  Table2,
  X,
} from 'lucide-react'
import { useEffect, useRef } from 'react'
import { Tab, TabList, TabPanel, Tabs } from 'react-aria-components'
import { createPortal } from 'react-dom'
import { IconButton } from '../../ui/Button.js'
import { clockSeconds, count, plural } from '../../ui/format.js'
import { Icon, type LucideIcon } from '../../ui/Icon.js'
import { staleCause } from './cells/stale.js'
import { useInFront, useInspectorPlace } from './dock/BenchProvider.js'
import { ColumnsStep } from './inspector/ColumnsStep.js'
import { PrivacyPart } from './inspector/PrivacyPart.js'
import { ProfilePart } from './inspector/ProfilePart.js'
import { Step } from './inspector/Step.js'
import { lineageOf, type Lineage } from './lineage.js'
import type { Cell } from './model.js'
import type { Result } from './result.js'
import type { RunState } from './run.js'
import { useCountsOnly } from './CountsOnly.js'
import { useNotebook } from './useNotebook.js'

const columnsMax = 14

/** What a result is made of, beside it: its columns, the way back to consent, what protects whom. */
export function LineagePanel({ cell, onClose }: { cell: Cell; onClose(): void }) {
  const { notebook, catalogue } = useNotebook()
  const isInFront = useInFront()
  const counts = useCountsOnly()
  const place = useInspectorPlace()
  const host = useRef<HTMLElement>(null)
  const run = notebook.runs[cell.id]
  useEffect(() => {
    if (matchMedia('(max-width: 1280px)').matches) host.current?.focus()
  }, [cell.id])
  if (!run?.result || !isInFront) return null
  const { basis } = run.result
  const lineage = lineageOf(notebook.page.cells, cell.id, catalogue)
  const aside = (
    <aside className="inspector" aria-label={`Lineage of ${cell.name}`} ref={host} tabIndex={-1}>
      <Tabs className="inspector-tabs" defaultSelectedKey="lineage">
        <header className="inspector-head">
          <TabList className="inspector-tab-list" aria-label="Inspector">
            {!counts && <Tab id="profile">Profile</Tab>}
            <Tab id="lineage">Lineage</Tab>
            <Tab id="privacy">Privacy</Tab>
          </TabList>
          <IconButton label="Close lineage" icon={X} className="end" onPress={onClose} />
        </header>
        {!counts && (
          <TabPanel id="profile" className="inspector-part">
            <ProfilePart study={notebook.study} tables={lineage.tables} columns={lineage.columns} />
          </TabPanel>
        )}
        <TabPanel id="lineage" className="inspector-part">
          <Way cell={cell} run={run} result={run.result} lineage={lineage} />
        </TabPanel>
        <TabPanel id="privacy" className="inspector-part">
          <PrivacyPart basis={basis} columns={lineage.columns} />
        </TabPanel>
      </Tabs>
    </aside>
  )
  return place === null ? aside : createPortal(aside, place)
}

/** One table after the other: rows of different things have no sum. */
function sizesOf(tables: Lineage['tables']): string {
  const known = tables.flatMap((table) => (table.rows === null ? [] : [{ name: table.name, rows: table.rows }]))
  if (known.length === 0) return 'rows are counted when they are read'
  const [one] = known
  if (tables.length === 1 && one !== undefined) return `${plural(one.rows, 'row')} in the catalogue now`
  return `in the catalogue now: ${known.map(({ name, rows }) => `${name} ${count(rows)}`).join(', ')}`
}

interface WayProps {
  cell: Cell
  run: RunState
  result: Result
  lineage: Lineage
}

/** From the number back to the consent: result, cells, tables, masking, consent, and the records behind it that stay closed. */
function Way({ cell, run, result, lineage: { cells, tables, columns } }: WayProps) {
  const { basis } = result
  return (
    <ol className="lineage">
      <Step
        icon={Calculator}
        tone="top"
        title={basis.people === null ? plural(basis.rows, 'row') : plural(basis.people, 'person', 'people')}
        figure
      >
        {basis.people === null ? 'in ' : `${plural(basis.rows, 'row')} in `}
        <span className="mono">{cell.name}</span>
      </Step>
      {cells.map((name) => (
        <Step key={name} icon={SquareTerminal} title={name} mono>
          a cell above, read by name
        </Step>
      ))}
      <Step icon={Table2} title={tables.map((table) => table.name).join(', ') || 'No table'}>
        {tables.length > 0 ? sizesOf(tables) : 'The statement names no table of the catalogue.'}
      </Step>
      <ColumnsStep statement={run.statement} />
      <MaskingStep policy={basis.maskingPolicy} columns={columns} />
      <ConsentStep result={result} finishedAt={run.finishedAt} />
      <Step icon={Lock} tone="open" title="Identified records">
        behind consent, not open to your role
      </Step>
    </ol>
  )
}

function MaskingStep({ policy, columns }: { policy: string; columns: Lineage['columns'] }) {
  return (
    <Step icon={Droplet} tone="deep" title={policy}>
      {columns.length > 0 && (
        <>
          what masking did to each column used
          <dl className="masking-list">
            {columns.slice(0, columnsMax).map((column) => (
              <div key={column.name}>
                <dt className="mono cut">{column.name}</dt>
                <dd>
                  <Icon of={maskingIcon(column.masking)} size={12} />
                  <span className="cut" title={column.masking}>
                    {maskingWord(column.masking)}
                  </span>
                </dd>
              </div>
            ))}
          </dl>
        </>
      )}
      {columns.length > columnsMax && <p>and {columns.length - columnsMax} more</p>}
    </Step>
  )
}

function ConsentStep({ result, finishedAt }: { result: Result; finishedAt: string | null }) {
  const { catalogue, notebook } = useNotebook()
  const stale = staleCause(result, catalogue, notebook.page.cut)
  return (
    <Step icon={ShieldCheck} tone="ok" title={`Consent epoch ${result.basis.consentEpoch}`}>
      {result.basis.consentState === 'current'
        ? 'Every decision up to this epoch is in the rows.'
        : 'Newer decisions are on their way; withdrawn people are left out already.'}
      <p className={stale === null ? 'row lineage-ok' : 'row lineage-warn'}>
        <Icon of={stale === null ? CircleCheck : ClockAlert} size={12} />
        {stale ?? `No change since ${finishedAt === null ? 'this ran' : clockSeconds(finishedAt)}`}
      </p>
    </Step>
  )
}

/** The server says how a column was masked in a sentence; where there is no room its first words stand for it. */
export function maskingWord(masking: string): string {
  return /dictionary/i.test(masking) ? 'dictionary' : (masking.split(/[,;:]/)[0] ?? masking)
}

/** One meaning per icon; the words stand beside it. */
export function maskingIcon(masking: string): LucideIcon {
  if (/pseudonym|hash|key/i.test(masking)) return Fingerprint
  if (/year|shift|date/i.test(masking)) return CalendarDays
  return /kept|as is|unchanged/i.test(masking) ? Check : Droplet
}
