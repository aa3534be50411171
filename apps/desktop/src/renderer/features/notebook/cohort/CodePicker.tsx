import { useQuery } from '@tanstack/react-query'
import { X } from 'lucide-react'
import { useState } from 'react'
import { statementRows } from '@aquifer/core/contract'
import { useApi, useSession } from '../../../api/SessionProvider.js'
import { IconButton } from '../../../ui/Button.js'
import { SearchField } from '../../../ui/fields.js'
import { count } from '../../../ui/format.js'
import { Failure, SkeletonRows } from '../../../ui/states.js'
import { useNotebook } from '../useNotebook.js'

const codesAsked = 1000
const shownMax = 60

interface Props {
  table: string
  chosen: readonly string[]
  onChange(codes: string[]): void
  onClose(): void
}

/** The codes that the study's records carry, by how many people have them: counted as any statement is, under the caller's level. */
export function CodePicker({ table, chosen, onChange, onClose }: Props) {
  const [text, search] = useState('')
  const asked = useCodes(table)
  const words = text.toLowerCase().split(/\s+/).filter(Boolean)
  // As it stood when the list was opened: a row that is ticked stays under the pointer.
  const [first] = useState(() => new Set(chosen))
  const inOrder = (asked.data ?? []).toSorted((a, b) => Number(first.has(b.code)) - Number(first.has(a.code)))
  const fitting = inOrder.filter((row) => words.every((word) => `${row.code} ${row.text}`.toLowerCase().includes(word)))
  const toggle = (code: string) => onChange(chosen.includes(code) ? chosen.filter((other) => other !== code) : [...chosen, code])
  return (
    <div className="code-picker" role="group" aria-label={`Codes in ${table}`}>
      <div className="row">
        <SearchField label="Find a code" value={text} onChange={search} />
        <span className="sub end">{chosen.length} chosen</span>
        <IconButton label="Close the codes" icon={X} size={14} onPress={onClose} />
      </div>
      {asked.error ? (
        <Failure error={asked.error} retry={() => void asked.refetch()} />
      ) : asked.data === undefined ? (
        <SkeletonRows rows={5} />
      ) : (
        <>
          <div className="code-head sub" aria-hidden>
            <span>Code</span>
            <span className="grow">Name</span>
            <span>People</span>
          </div>
          <ul className="code-rows">
            {fitting.slice(0, shownMax).map((row) => (
              <li key={row.code}>
                <label className="code-row">
                  <input type="checkbox" checked={chosen.includes(row.code)} onChange={() => toggle(row.code)} />
                  <span className="mono code-of">{row.code}</span>
                  <span className="cut grow">{row.text || <span className="ink-3">no name in the dictionary</span>}</span>
                  <span className="num ink-2">
                    {row.people}
                    <span className="visually-hidden"> people</span>
                  </span>
                </label>
              </li>
            ))}
            {fitting.length > shownMax && <li className="sub">{count(fitting.length - shownMax)} more: type to find them</li>}
            {fitting.length === 0 && <li className="sub">No code of {table} fits. Try a part of its name.</li>}
          </ul>
        </>
      )}
    </div>
  )
}

function useCodes(table: string) {
  const api = useApi()
  const session = useSession()
  const { notebook, catalogue } = useNotebook()
  return useQuery({
    queryKey: ['codes-counted', notebook.study, table, catalogue?.snapshot],
    staleTime: Infinity,
    queryFn: async ({ signal }) => {
      // The table is one of four names of ours.
      const sql = `select code, code_text, count(distinct patient_key) as people from ${table} where code is not null group by code, code_text order by people desc, code limit ${codesAsked}`
      const body = { study: notebook.study, sql, purpose: session.state().purpose }
      const answer = await api.json('/query/api/v1/statements', statementRows, { method: 'POST', body, signal })
      return answer.rows.map(([code, text, people]) => ({
        code: String(code),
        text: wordOf(text),
        people: typeof people === 'number' ? count(people) : wordOf(people),
      }))
    },
  })
}

const wordOf = (value: unknown): string => (typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '')
