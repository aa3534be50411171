import { useEffect, useRef, useState } from 'react'
import { useTheme } from '../../../ui/theme.js'
import { useLatest } from '../../../ui/use-latest.js'
import { actInText, type CellAct } from '../cells/cell-keys.js'
import type { Vocabulary } from './completion.js'
import { monaco, paint, speak } from './monaco.js'

export interface EditorHandle {
  focus(): void
  insert(text: string): void
}

interface Props {
  value: string
  label: string
  vocabulary: Vocabulary
  /** Offset of a fault, with its words. */
  fault: { position: number; message: string } | null
  onChange(value: string): void
  onFocus(): void
  /** A key that means more than writing. */
  onAct(act: CellAct): void
  /** Leaves the text for the cell around it. */
  onLeave(): void
  register(handle: EditorHandle | null): void
}

const heightMax = 520

export function Editor(props: Props) {
  const host = useRef<HTMLDivElement>(null)
  const editor = useRef<monaco.editor.IStandaloneCodeEditor | null>(null)
  const latest = useLatest(props)
  const [height, setHeight] = useState(() => Math.max(2, props.value.split('\n').length) * 20 + 12)
  const { theme } = useTheme()

  useEffect(() => paint(theme), [theme])
  useEffect(() => {
    const made = create(host.current!, latest, setHeight)
    editor.current = made
    const { register } = latest.current
    register({
      focus: () => made.focus(),
      insert: (text) => {
        made.focus()
        made.executeEdits('insert', [{ range: made.getSelection()!, text, forceMoveMarkers: true }])
      },
    })
    return () => {
      register(null)
      // What the editor still has under way reads the text.
      const model = made.getModel()
      made.dispose()
      model?.dispose()
    }
  }, [latest])
  // Another hand than the keyboard changed the text: undo, recovery, somebody else's version.
  useEffect(() => {
    const model = editor.current?.getModel()
    if (model && model.getValue() !== props.value) model.setValue(props.value)
  }, [props.value])
  useEffect(() => {
    const model = editor.current?.getModel()
    if (model) monaco.editor.setModelMarkers(model, 'engine', props.fault === null ? [] : [marker(model, props.fault)])
  }, [props.fault])
  return <div ref={host} className="editor" style={{ height }} />
}

function create(host: HTMLDivElement, latest: { current: Props }, setHeight: (height: number) => void) {
  const { value, label } = latest.current
  const made = monaco.editor.create(host, {
    value,
    language: 'sql',
    theme: 'aquifer',
    ariaLabel: `${label}. Press Escape to leave the text.`,
    accessibilitySupport: 'auto',
    automaticLayout: true,
    fontFamily: '"JetBrains Mono Variable", "JetBrains Mono", monospace',
    fontSize: 12.5,
    lineHeight: 20,
    fontLigatures: false,
    lineNumbersMinChars: 3,
    lineDecorationsWidth: 10,
    glyphMargin: false,
    folding: false,
    minimap: { enabled: false },
    overviewRulerLanes: 0,
    hideCursorInOverviewRuler: true,
    renderLineHighlight: 'none',
    scrollBeyondLastLine: false,
    // A line that ends behind the edge of the cell is read by nobody.
    wordWrap: 'on',
    wrappingIndent: 'indent',
    scrollbar: { alwaysConsumeMouseWheel: false, verticalScrollbarSize: 8, horizontalScrollbarSize: 8, useShadows: false },
    padding: { top: 2, bottom: 8 },
    fixedOverflowWidgets: true,
    contextmenu: false,
    occurrencesHighlight: 'off',
    wordBasedSuggestions: 'off',
    suggest: { showIcons: true, preview: false },
    tabSize: 2,
    placeholder: 'select … from …',
    guides: { indentation: false },
    stickyScroll: { enabled: false },
    unicodeHighlight: { ambiguousCharacters: false },
  })
  speak(made.getModel()!, () => latest.current.vocabulary)
  const fit = () => setHeight(Math.min(heightMax, Math.max(made.getContentHeight(), 50)))
  fit()
  made.onDidContentSizeChange(fit)
  made.onDidChangeModelContent(() => latest.current.onChange(made.getValue()))
  made.onDidFocusEditorText(() => latest.current.onFocus())
  made.onKeyDown((event) => {
    const act = /^(Control|Shift|Alt|Meta)$/.test(event.browserEvent.key) ? null : actInText(event.browserEvent)
    if (act === null) return
    event.preventDefault()
    event.stopPropagation()
    closeSuggestions(made)
    latest.current.onAct(act)
  })
  // An action is this editor's own; a command of the same key would be taken by the editor that was made last.
  const leave = made.addAction({
    id: 'cell.leave',
    label: 'Out of the text, to the cell',
    keybindings: [monaco.KeyCode.Escape],
    precondition: '!suggestWidgetVisible && !findWidgetVisible && !inSnippetMode && !editorHasMultipleSelections',
    run: () => latest.current.onLeave(),
  })
  made.onDidDispose(() => leave.dispose())
  return made
}

/** Whoever runs a statement is through with its words: the list would lie over the answer. One on its way never comes. */
function closeSuggestions(editor: monaco.editor.IStandaloneCodeEditor): void {
  const controller = editor.getContribution('editor.contrib.suggestController') as { cancelSuggestWidget?(): void } | null
  controller?.cancelSuggestWidget?.()
}

function marker(model: monaco.editor.ITextModel, fault: { position: number; message: string }): monaco.editor.IMarkerData {
  const at = model.getPositionAt(fault.position)
  const word = model.getWordAtPosition(at)
  return {
    severity: monaco.MarkerSeverity.Error,
    message: fault.message,
    startLineNumber: at.lineNumber,
    endLineNumber: at.lineNumber,
    startColumn: word?.startColumn ?? at.column,
    endColumn: word?.endColumn ?? at.column + 1,
  }
}
