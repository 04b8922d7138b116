import ts from 'typescript'

/**
 * A module's text with a site at each of its awaits: `await x` becomes `await (before(site), after(site, x))`, and what a
 * `for await` runs through has one at each step. A site is named by the file, the function around it and what is awaited.
 *
 * @param file - The name of the file, such as `writer.ts`.
 */
export function withSites(file: string, text: string): string {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true)
  const insertions: { at: number; text: string }[] = []
  const names = new Map<string, number>()

  function siteOf(node: ts.Node, expression: ts.Expression): string {
    const name = `${file} ${functionAround(node)}: ${expression.getText().replaceAll(/\s+/g, ' ')}`
    const count = (names.get(name) ?? 0) + 1
    names.set(name, count)
    return JSON.stringify(count === 1 ? name : `${name} (${count})`)
  }

  function visit(node: ts.Node): void {
    if (ts.isAwaitExpression(node)) {
      const site = siteOf(node, node.expression)
      const { expression } = node
      insertions.push(
        { at: expression.getStart(), text: `(faults.before(${site}), faults.after(${site}, ` },
        { at: expression.end, text: '))' },
      )
    } else if (ts.isForOfStatement(node) && node.awaitModifier) {
      const site = siteOf(node, node.expression)
      insertions.push(
        { at: node.expression.getStart(), text: `faults.steps(${site}, ` },
        { at: node.expression.end, text: ')' },
      )
    }
    ts.forEachChild(node, visit)
  }
  visit(source)

  let instrumented = ''
  let from = 0
  for (const { at, text: inserted } of insertions.sort((a, b) => a.at - b.at)) {
    instrumented += text.slice(from, at) + inserted
    from = at
  }
  return instrumented + text.slice(from)
}

function functionAround(node: ts.Node): string {
  for (let around = node.parent; around as ts.Node | undefined; around = around.parent) {
    if (!ts.isFunctionLike(around)) continue
    const named = around.name ?? (ts.isVariableDeclaration(around.parent) && around.parent.name)
    if (named) return named.getText()
  }
  return 'module'
}
