import { Command as Cmdk } from 'cmdk'
import {
  ArrowRightLeft,
  BookmarkCheck,
  Command as CommandIcon,
  Database,
  KeyRound,
  Keyboard,
  ListChecks,
  Lock,
  LogOut,
  PanelBottom,
  SquareTerminal,
  Table2,
  TriangleAlert,
} from 'lucide-react'
import { useMemo, useState } from 'react'
import { Dialog, Modal, ModalOverlay } from 'react-aria-components'
import { useNavigate } from 'react-router'
import { Search } from 'lucide-react'
import { toast } from 'sonner'
import { useCatalogue } from '../../api/queries.js'
import { isPerson, mayAsk, mayQuery } from '../../api/roles.js'
import { useMe, useSession, useSessionState, useStudy } from '../../api/SessionProvider.js'
import { administrationParts } from '../administration/parts.js'
import { paths, placesOf } from '../../paths.js'
import { Icon } from '../../ui/Icon.js'
import { Keys } from '../../ui/menus.js'
import { useTheme } from '../../ui/theme.js'
import { useNotebookCommands } from '../notebook/useNotebookCommands.js'
import { useCommands, useRegistry, type Command } from './commands.js'
import { toggleBottom, type BottomPart } from './bottom.js'
import { lettersAreKeys, setLettersAsKeys } from './keys.js'
import { goToRegion } from './regions.js'
import { looks } from './TitleBar.js'
import { useChooseStudy } from './use-choose-study.js'

interface Props {
  isOpen: boolean
  onOpenChange(open: boolean): void
  onKeys(): void
}

export function Palette({ isOpen, onOpenChange, onKeys }: Props) {
  useShellCommands()
  usePageCommands(onKeys)
  useTableCommands()
  useNotebookCommands()
  return (
    <ModalOverlay className="scrim palette-scrim" isOpen={isOpen} onOpenChange={onOpenChange} isDismissable>
      <Modal>
        <Dialog className="palette" aria-label="Search or run a command">
          <PaletteBody close={() => onOpenChange(false)} />
        </Dialog>
      </Modal>
    </ModalOverlay>
  )
}

const order: Command['group'][] = ['Commands', 'Layout', 'Notebooks', 'Tables', 'Go to', 'Studies', 'Workbench', 'Look']

function PaletteBody({ close }: { close(): void }) {
  const { commands } = useRegistry()
  const [text, setText] = useState('')
  const groups = order.map((group) => ({ group, commands: commands.filter((command) => command.group === group) }))
  return (
    <Cmdk label="Search or run a command" loop filter={rank}>
      <div className="palette-field">
        <Icon of={Search} size={16} className="ink-3" />
        <Cmdk.Input value={text} onValueChange={setText} placeholder="Search or run a command" autoFocus />
        <kbd className="kbd">Esc</kbd>
      </div>
      <Cmdk.List className="palette-list">
        <Cmdk.Empty className="palette-empty">Nothing is called that. Try a page, a notebook or a verb.</Cmdk.Empty>
        {groups.map(
          ({ group, commands: members }) =>
            members.length > 0 && (
              <Cmdk.Group key={group} heading={group}>
                {members.map((command) => (
                  <Cmdk.Item
                    key={command.id}
                    value={command.id}
                    keywords={[command.name]}
                    className="palette-item"
                    onSelect={() => {
                      close()
                      // After the dialog has given the focus back, so that a command may place it elsewhere.
                      setTimeout(() => command.run(), 0)
                    }}
                  >
                    <Icon of={command.icon} />
                    <span className="grow cut">
                      <Matched name={command.name} text={text} />
                    </span>
                    {command.note && <span className="sub">{command.note}</span>}
                    {command.keys && <Keys keys={command.keys} />}
                  </Cmdk.Item>
                ))}
              </Cmdk.Group>
            ),
        )}
      </Cmdk.List>
    </Cmdk>
  )
}

/** Words of the search in any order; a start of a word counts more than its middle. */
function rank(_value: string, search: string, keywords?: string[]): number {
  const name = (keywords?.[0] ?? '').toLowerCase()
  let score = 1
  for (const word of search.toLowerCase().split(/\s+/).filter(Boolean)) {
    const at = name.indexOf(word)
    if (at < 0) return 0
    score *= at === 0 ? 1 : name[at - 1] === ' ' ? 0.9 : 0.5
  }
  return score
}

function Matched({ name, text }: { name: string; text: string }) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean)
  const hits = words.map((word) => ({ from: name.toLowerCase().indexOf(word), length: word.length })).filter((hit) => hit.from >= 0)
  const parts: { text: string; strong: boolean }[] = []
  for (const [at, letter] of [...name].entries()) {
    const strong = hits.some((hit) => at >= hit.from && at < hit.from + hit.length)
    const last = parts.at(-1)
    if (last?.strong === strong) last.text += letter
    else parts.push({ text: letter, strong })
  }
  return parts.map((part, at) => (part.strong ? <b key={at}>{part.text}</b> : <span key={at}>{part.text}</span>))
}

function useShellCommands() {
  const navigate = useNavigate()
  const session = useSession()
  const me = useMe()
  const { choose } = useTheme()
  const chooseStudy = useChooseStudy()
  const studyId = useSessionState().study
  const commands = useMemo<Command[]>(
    () => [
      ...placesOf(me).map((place) => ({
        id: `go-${place.path}`,
        group: 'Go to' as const,
        name: `Open ${place.name.toLowerCase()}`,
        icon: place.icon,
        keys: `G ${place.key}`,
        run: () => void navigate(place.path),
      })),
      ...administrationParts(me).map((part) => ({
        id: `administration-${part.id}`,
        group: 'Go to' as const,
        name: `Open ${part.name.toLowerCase()}`,
        note: 'Administration',
        icon: KeyRound,
        run: () => void navigate(`${paths.administration}?tab=${part.id}`),
      })),
      ...(isPerson(me.role) ? [] : me.studies)
        .filter((study) => study.id !== studyId)
        .map((study) => ({
          id: `study-${study.id}`,
          group: 'Studies' as const,
          name: `Switch to ${study.name}`,
          note: study.id,
          icon: Database,
          run: () => chooseStudy(study.id),
        })),
      ...looks.map((look) => ({
        id: `look-${look.id}`,
        group: 'Look' as const,
        name: `Use the look: ${look.label.toLowerCase()}`,
        icon: look.icon,
        run: () => choose(look.id),
      })),
      {
        id: 'lock',
        group: 'Workbench',
        name: 'Lock the screen',
        icon: Lock,
        keys: 'Ctrl L',
        run: () => session.lock(),
      },
      { id: 'sign-out', group: 'Workbench', name: 'Sign out', icon: LogOut, run: () => session.signOut() },
    ],
    [me, studyId, navigate, session, choose, chooseStudy],
  )
  useCommands(commands)
}

/** What the frame around every page does. */
function usePageCommands(onKeys: () => void) {
  const me = useMe()
  const { openPalette } = useRegistry()
  const commands = useMemo<Command[]>(() => {
    const show = (part: BottomPart) => () => toggleBottom(part)
    const bottom: Command[] = [
      {
        id: 'bottom',
        group: 'Layout',
        name: 'Show or hide the bottom panel',
        icon: PanelBottom,
        keys: 'Ctrl J',
        run: () => toggleBottom(),
      },
      { id: 'bottom-history', group: 'Layout', name: 'Show the history of questions', icon: SquareTerminal, run: show('history') },
      ...(mayQuery(me)
        ? [{ id: 'bottom-saved', group: 'Layout' as const, name: 'Show saved queries', icon: BookmarkCheck, run: show('saved') }]
        : []),
      { id: 'bottom-jobs', group: 'Layout', name: 'Show jobs', icon: ListChecks, run: show('jobs') },
      { id: 'bottom-problems', group: 'Layout', name: 'Show problems', icon: TriangleAlert, run: show('problems') },
    ]
    const letters = lettersAreKeys
    return [
      {
        id: 'palette',
        group: 'Workbench',
        name: 'Search or run a command',
        icon: CommandIcon,
        keys: 'Ctrl Shift P',
        otherKeys: ['F1', 'Ctrl P', 'Ctrl K'],
        run: openPalette,
      },
      { id: 'shortcuts', group: 'Workbench', name: 'List all keys', icon: Keyboard, keys: 'Ctrl K Ctrl S', run: onKeys },
      {
        id: 'letters',
        group: 'Workbench',
        name: 'Turn single-letter keys on or off',
        icon: Keyboard,
        run: () => {
          setLettersAsKeys(!letters())
          toast(letters() ? 'Single letters are keys' : 'Single letters are no keys any more')
        },
      },
      {
        id: 'next-region',
        group: 'Layout',
        name: 'Go to the next part of the page',
        icon: ArrowRightLeft,
        keys: 'F6',
        run: () => goToRegion(1),
      },
      {
        id: 'previous-region',
        group: 'Layout',
        name: 'Go to the previous part of the page',
        icon: ArrowRightLeft,
        keys: 'Shift F6',
        run: () => goToRegion(-1),
      },
      ...(isPerson(me.role) ? [] : bottom),
    ]
  }, [me, openPalette, onKeys])
  useCommands(commands)
}

function useTableCommands() {
  const navigate = useNavigate()
  const me = useMe()
  const study = useStudy()
  const { data } = useCatalogue(study?.id, mayAsk(me))
  const tables = data?.tables
  const commands = useMemo<Command[]>(
    () =>
      (tables ?? [])
        .filter((table) => table.kind !== 'nested')
        .map((table) => ({
          id: `table-${table.name}`,
          group: 'Tables' as const,
          name: table.name,
          icon: Table2,
          run: () => void navigate(paths.notebookTable(table.name)),
        })),
    [tables, navigate],
  )
  useCommands(commands)
}
