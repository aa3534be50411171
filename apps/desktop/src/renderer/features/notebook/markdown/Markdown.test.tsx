import { cleanup, render, screen } from '@testing-library/react'
import { afterEach, expect, test } from 'vitest'
import { Markdown } from './Markdown.js'

afterEach(cleanup)

test('headings, emphasis, lists, code and tables become elements', () => {
  const { container } = render(<Markdown source={'# One & two\n\n**strong** and `a < b`\n\n- x\n- y\n\n| a | b |\n|---|--:|\n| 1 | 2 |'} />)
  expect(screen.getByRole('heading', { level: 2 }).textContent).toBe('One & two')
  expect(container.querySelector('code')?.textContent).toBe('a < b')
  expect(screen.getAllByRole('listitem').map((item) => item.textContent)).toEqual(['x', 'y'])
  expect(screen.getAllByRole('cell').map((cell) => cell.textContent)).toEqual(['1', '2'])
})

test('HTML of the writer stays text, and only secure links lead away', () => {
  const { container } = render(
    <Markdown
      source={
        '<img src=x onerror="alert(1)"> <script>alert(1)</script>\n\n[a](javascript:alert(1)) [b](http://x.example) [c](https://x.example)'
      }
    />,
  )
  expect(container.querySelector('img, script')).toBeNull()
  expect(screen.getAllByRole('link').map((link) => [link.textContent, link.getAttribute('href'), link.getAttribute('rel')])).toEqual([
    ['c', 'https://x.example', 'noreferrer noopener'],
  ])
})
