import './markdown.css'
import { Fragment, useMemo, type ReactNode } from 'react'
import { marked, type Token, type Tokens } from 'marked'

/** Text as Markdown, drawn as elements: no HTML of the writer is ever put into the page, so there is nothing to sanitise. */
export function Markdown({ source }: { source: string }) {
  const tokens = useMemo(() => marked.lexer(source, { gfm: true }), [source])
  return <div className="markdown">{blocks(tokens)}</div>
}

const blocks = (tokens: Token[]): ReactNode => tokens.map((token, at) => <Fragment key={at}>{block(token)}</Fragment>)

function block(token: Token): ReactNode {
  switch (token.type) {
    case 'heading':
      return heading(token as Tokens.Heading)
    case 'paragraph':
      return <p>{inline(token.tokens ?? [])}</p>
    case 'text':
      return plainText(token as Tokens.Text)
    case 'list': {
      const list = token as Tokens.List
      const items = list.items.map((item, at) => <li key={at}>{blocks(item.tokens)}</li>)
      return list.ordered ? <ol start={Number(list.start) || 1}>{items}</ol> : <ul>{items}</ul>
    }
    case 'blockquote':
      return <blockquote>{blocks(token.tokens ?? [])}</blockquote>
    case 'code':
      return <pre tabIndex={0}>{(token as Tokens.Code).text}</pre>
    case 'hr':
      return <hr />
    case 'table':
      return <MarkdownTable table={token as Tokens.Table} />
    case 'space':
      return null
    default:
      return <p>{token.raw}</p>
  }
}

const plainText = (token: Tokens.Text): ReactNode => (token.tokens ? inline(token.tokens) : decode(token.text))

function heading({ depth, tokens }: Tokens.Heading): ReactNode {
  // The page has its own first-level title.
  const inner = inline(tokens)
  if (depth === 1) return <h2>{inner}</h2>
  return depth === 2 ? <h3>{inner}</h3> : <h4>{inner}</h4>
}

const inline = (tokens: Token[]): ReactNode => tokens.map((token, at) => <Fragment key={at}>{span(token)}</Fragment>)

function span(token: Token): ReactNode {
  switch (token.type) {
    case 'strong':
      return <strong>{inline(token.tokens ?? [])}</strong>
    case 'em':
      return <em>{inline(token.tokens ?? [])}</em>
    case 'del':
      return <del>{inline(token.tokens ?? [])}</del>
    case 'codespan':
      return <code>{decode((token as Tokens.Codespan).text)}</code>
    case 'br':
      return <br />
    case 'link': {
      const { href } = token as Tokens.Link
      const inner = inline(token.tokens ?? [])
      // Only secure links leave the page; all else stays text.
      return /^https:\/\//i.test(href) ? (
        <a href={href} target="_blank" rel="noreferrer noopener">
          {inner}
        </a>
      ) : (
        inner
      )
    }
    case 'text':
    case 'escape':
      return plainText(token as Tokens.Text)
    default:
      return token.raw
  }
}

function MarkdownTable({ table }: { table: Tokens.Table }) {
  return (
    <table className="table">
      <thead>
        <tr>
          {table.header.map((cell, at) => (
            <th key={at} className={table.align[at] === 'right' ? 'n' : undefined}>
              {inline(cell.tokens)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {table.rows.map((row, at) => (
          <tr key={at}>
            {row.map((cell, column) => (
              <td key={column} className={table.align[column] === 'right' ? 'n' : undefined}>
                {inline(cell.tokens)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  )
}

const entities: Record<string, string> = { '&amp;': '&', '&lt;': '<', '&gt;': '>', '&quot;': '"', '&#39;': "'" }

/** The lexer escapes text for HTML; elements take it plain. */
const decode = (text: string): string => text.replaceAll(/&(?:amp|lt|gt|quot|#39);/g, (entity) => entities[entity] ?? entity)
