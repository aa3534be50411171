import * as monaco from 'monaco-editor/editor'
import EditorWorker from 'monaco-editor/editor/editor.worker?worker'
import 'monaco-editor/features/bracketMatching/register'
import 'monaco-editor/features/caretOperations/register'
import 'monaco-editor/features/clipboard/register'
import 'monaco-editor/features/codicon/register'
import 'monaco-editor/features/comment/register'
import 'monaco-editor/features/cursorUndo/register'
import 'monaco-editor/features/find/register'
import 'monaco-editor/features/gotoError/register'
import 'monaco-editor/features/hover/register'
import 'monaco-editor/features/indentation/register'
// The list of suggestions itself comes with this one; `suggest` alone brings only a source for it.
import 'monaco-editor/features/inlineCompletions/register'
import 'monaco-editor/features/lineSelection/register'
import 'monaco-editor/features/linesOperations/register'
import 'monaco-editor/features/multicursor/register'
import 'monaco-editor/features/placeholderText/register'
import 'monaco-editor/features/smartSelect/register'
import 'monaco-editor/features/snippet/register'
import 'monaco-editor/features/suggest/register'
import 'monaco-editor/features/toggleTabFocusMode/register'
import 'monaco-editor/features/wordHighlighter/register'
import 'monaco-editor/features/wordOperations/register'
import 'monaco-editor/languages/definitions/sql/register'
import { completionsAt, type Vocabulary } from './completion.js'

// Only the features an SQL cell needs: all of them weigh about twice as much and bring a second command palette.
// The worker is a file of our own origin, as the content security policy demands.
Object.assign(globalThis, { MonacoEnvironment: { getWorker: () => new EditorWorker() } })

const vocabularies = new WeakMap<monaco.editor.ITextModel, () => Vocabulary>()

/** What may be completed in one cell: asked at each completion, since cells and catalogue change. */
export function speak(model: monaco.editor.ITextModel, vocabulary: () => Vocabulary): void {
  vocabularies.set(model, vocabulary)
}

const kinds = {
  table: monaco.languages.CompletionItemKind.Struct,
  column: monaco.languages.CompletionItemKind.Field,
  result: monaco.languages.CompletionItemKind.Variable,
  function: monaco.languages.CompletionItemKind.Function,
  keyword: monaco.languages.CompletionItemKind.Keyword,
}

monaco.languages.registerCompletionItemProvider('sql', {
  triggerCharacters: ['.'],
  provideCompletionItems(model, position) {
    const vocabulary = vocabularies.get(model)?.()
    if (vocabulary === undefined) return { suggestions: [] }
    const word = model.getWordUntilPosition(position)
    const range = new monaco.Range(position.lineNumber, word.startColumn, position.lineNumber, word.endColumn)
    const suggestions = completionsAt(vocabulary, model.getValue(), model.getOffsetAt(position) - word.word.length).map((item, at) => ({
      label: item.detail ? { label: item.label, description: item.detail } : item.label,
      kind: kinds[item.kind],
      insertText: item.insert,
      insertTextRules: item.kind === 'function' ? monaco.languages.CompletionItemInsertTextRule.InsertAsSnippet : undefined,
      documentation: item.about,
      sortText: String(at).padStart(5, '0'),
      range,
    }))
    return { suggestions }
  },
})

const roles = {
  'keyword.sql': 'code-keyword',
  'string.sql': 'code-string',
  'number.sql': 'code-number',
  'comment.sql': 'code-comment',
  'comment.quote.sql': 'code-comment',
  'predefined.sql': 'code-name',
  'identifier.quote.sql': 'code-text',
  'identifier.sql': 'code-text',
  'operator.sql': 'code-keyword',
  'delimiter.sql': 'code-text',
} as const

// Letters are measured once; before the font has arrived they would have another width.
void document.fonts.ready.then(() => monaco.editor.remeasureFonts())

/** The editor takes no CSS variables: its theme is made from the tokens on screen, again after each change of look. */
export function paint(theme: string): void {
  const style = getComputedStyle(document.documentElement)
  // The build shortens #FFFFFF to #fff, which the editor refuses.
  const token = (name: string) =>
    style
      .getPropertyValue(`--${name}`)
      .trim()
      .replace(/^#(.)(.)(.)$/, '#$1$1$2$2$3$3')
  monaco.editor.defineTheme('aquifer', {
    base: theme === 'contrast-dark' ? 'hc-black' : theme === 'contrast-light' ? 'hc-light' : theme === 'dark' ? 'vs-dark' : 'vs',
    inherit: true,
    rules: Object.entries(roles).map(([name, role]) => ({ token: name, foreground: token(role).slice(1) })),
    colors: {
      'editor.background': token('bg-surface'),
      'editor.foreground': token('code-text'),
      'editorLineNumber.foreground': token('ink-3'),
      'editorLineNumber.activeForeground': token('ink-2'),
      'editor.selectionBackground': token('bg-selected'),
      'editor.inactiveSelectionBackground': token('bg-hover'),
      'editor.wordHighlightBackground': token('bg-hover'),
      'editor.lineHighlightBackground': token('bg-surface'),
      'editorCursor.foreground': token('accent'),
      'editorBracketMatch.background': token('bg-selected'),
      'editorBracketMatch.border': token('accent-line'),
      ...brackets(token('code-text')),
      'editorError.foreground': token('bad-mark'),
      'editorWidget.background': token('bg-raised'),
      'editorWidget.border': token('line-2'),
      'editorSuggestWidget.background': token('bg-raised'),
      'editorSuggestWidget.border': token('line-2'),
      'editorSuggestWidget.foreground': token('ink-1'),
      'editorSuggestWidget.selectedBackground': token('bg-selected'),
      'editorSuggestWidget.selectedForeground': token('ink-1'),
      'editorSuggestWidget.highlightForeground': token('accent-ink'),
      'editorSuggestWidget.focusHighlightForeground': token('accent-ink'),
      'editorHoverWidget.background': token('bg-raised'),
      'editorHoverWidget.border': token('line-2'),
      'editor.placeholder.foreground': token('ink-3'),
      'input.background': token('bg-surface'),
      focusBorder: token('focus'),
    },
  })
  monaco.editor.setTheme('aquifer')
}

/** The editor colours brackets by depth: here all alike, since colours without a meaning only distract. */
const brackets = (colour: string): Record<string, string> =>
  Object.fromEntries([1, 2, 3, 4, 5, 6].map((depth) => [`editorBracketHighlight.foreground${depth}`, colour]))

export { monaco }
