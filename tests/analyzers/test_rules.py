"""Each of reviewbot's rules on code that it must report and on code that it must not."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from reviewbot.analyzers.copies import source_file
from reviewbot.analyzers.tool_runner import run_tools
from reviewbot.analyzers.tools import AST_GREP, HERE

BIN = str(Path(sys.executable).parent)

# rule, extension, reported code, accepted code
EXAMPLES: tuple[tuple[str, str, str, str], ...] = (
    ("js-eval", "js", "const x = eval(input);", 'const x = evaluate(input); eval("1");'),
    ("js-timer-string", "js", 'setTimeout("go()", 10);', "setTimeout(() => go(), 10);"),
    ("js-inner-html", "jsx", "node.innerHTML = name;", "node.textContent = name; node.innerHTML = '';"),
    (
        "js-dangerous-html",
        "jsx",
        "const a = <p dangerouslySetInnerHTML={{__html: x}} />;",
        "const a = <p className={x} />;",
    ),
    (
        "js-command-injection",
        "mjs",
        "exec(`ls ${name}`);",
        "exec('ls'); pattern.exec(`a${b}`); execFile('ls', [name]);",
    ),
    ("js-spawn-shell", "cjs", "cp.spawn('ls', [name], { shell: true });", "cp.spawn('ls', [name], { shell: false });"),
    ("js-tls-unverified", "js", "const o = { rejectUnauthorized: false };", "const o = { rejectUnauthorized: true };"),
    ("js-weak-hash", "js", "crypto.createHash('md5');", "crypto.createHash('sha256');"),
    ("js-token-from-random", "js", "const token = 'a' + Math.random();", "const angle = Math.random();"),
    ("js-hardcoded-password", "js", "const dbPassword = 'hunter2hunter2';", "const dbPassword = env.DB_PASSWORD;"),
    (
        "js-sql-built",
        "js",
        "db.query(`SELECT * FROM t WHERE id = ${id}`);",
        "db.query('SELECT * FROM t WHERE id = ?', [id]);",
    ),
    ("js-debugger", "js", "debugger;", "const debuggers = 1;"),
    ("js-eval", "ts", "const f = <any>eval(input);", "const f = <T>(x: T) => x;"),
    ("js-tls-unverified", "ts", "const o: O = { 'rejectUnauthorized': false };", "const o: O = {};"),
    (
        "go-tls-unverified",
        "go",
        "var c = tls.Config{InsecureSkipVerify: true}",
        "var c = tls.Config{InsecureSkipVerify: false}",
    ),
    (
        "go-server-without-timeouts",
        "go",
        'func main() { http.ListenAndServe(":80", nil) }',
        "func main() { server.ListenAndServe() }",
    ),
    ("go-shell-command", "go", 'var c = exec.Command("sh", "-c", "ls "+name)', 'var c = exec.Command("ls", name)'),
    (
        "go-sql-built",
        "go",
        'var r = db.Query("SELECT a FROM t WHERE b = " + b)',
        'var r = db.Query("SELECT a FROM t WHERE b = ?", b)',
    ),
    ("go-weak-hash", "go", "var h = md5.Sum(data)", "var h = sha256.Sum256(data)"),
    ("go-hardcoded-password", "go", 'func f() { password := "hunter2hunter2" }', "func f() { password := read() }"),
    ("go-ignored-error", "go", "func f() { _ = file.Close() }", "func f() { err = file.Close() }"),
    (
        "java-command-injection",
        "java",
        "class A { void f() { Runtime.getRuntime().exec(a + b); } }",
        'class A { void f() { Runtime.getRuntime().exec("ls"); } }',
    ),
    (
        "java-deserialise",
        "java",
        "class A { Object f() { return in.readObject(); } }",
        "class A { void readObject() {} }",
    ),
    (
        "java-sql-built",
        "java",
        'class A { void f() { s.executeQuery("SELECT a FROM t WHERE b = " + b); } }',
        'class A { void f() { s.executeQuery("SELECT a FROM t"); } }',
    ),
    (
        "java-weak-hash",
        "java",
        'class A { void f() { MessageDigest.getInstance("MD5"); } }',
        'class A { void f() { MessageDigest.getInstance("SHA-256"); } }',
    ),
    (
        "java-hardcoded-password",
        "java",
        'class A { String password = "hunter2hunter2"; }',
        "class A { String password = read(); }",
    ),
    (
        "java-string-identity",
        "java",
        'class A { boolean f() { return a == "b"; } }',
        'class A { boolean f() { return a == null || "b".equals(a); } }',
    ),
    (
        "java-trust-all",
        "java",
        "class A { void f() { c.setHostnameVerifier((a, b) -> true); } }",
        "class A { void f() { c.forEach((a, b) -> true); } }",
    ),
    ("php-eval", "php", "<?php eval($code);", "<?php evaluate($code);"),
    ("php-command-injection", "php", "<?php system('ls ' . $name);", "<?php system('ls ' . escapeshellarg($name));"),
    ("php-unserialize", "php", "<?php unserialize($data);", "<?php json_decode($data);"),
    ("ruby-eval", "rb", "eval(params[:code])", "evaluate(params[:code])\neval('1')"),
    ("ruby-command-injection", "rb", 'system("ls #{name}")', 'system("ls", name)'),
    ("csharp-binary-formatter", "cs", "var f = new BinaryFormatter();", "var f = new JsonFormatter();"),
    (
        "csharp-sql-built",
        "cs",
        'var c = new SqlCommand("SELECT a FROM t WHERE b = " + b);',
        'var c = new SqlCommand("SELECT a FROM t WHERE b = @b");',
    ),
    ("js-unparsed", "js", "x = ) + ;", "x = 1;"),
    ("js-escaped-name", "js", "\\u0065val(x);", "f('\\u0065val');"),
    ("js-escaped-name", "ts", "a.\\u{65}xec(x);", "a.exec(/\\u{65}/u);"),
    ("csharp-escaped-name", "cs", "var a = \\u0065val(b);", 'var a = "\\u0065val";'),
)


def rules_found(ending: str, text: str, tmp_path: Path) -> set[str]:
    """Return the names of the rules that match a file."""
    file = source_file(f"x.{ending}", text, frozenset({1}))
    report = run_tools(AST_GREP, [file], root=tmp_path, path_env={"PATH": BIN}, seconds=30)
    assert report is not None
    rules = {raw.rule for _, raw in report.findings}
    assert bool(report.unseen) == bool(rules & AST_GREP.unparsed)
    return rules


@pytest.mark.parametrize(
    ("rule", "ending", "speaks", "silent"), EXAMPLES, ids=[f"{row[0]}.{row[1]}" for row in EXAMPLES]
)
def test_an_analyzer_rule_matches_exactly_the_marked_lines(
    rule: str, ending: str, speaks: str, silent: str, tmp_path: Path
) -> None:
    for name in ("bad", "good"):
        (tmp_path / name).mkdir()
    assert rules_found(ending, speaks, tmp_path / "bad") == {rule}
    assert rules_found(ending, silent, tmp_path / "good") == set()


def test_every_rule_has_an_example() -> None:
    names = {
        line.removeprefix("id: ")
        for path in (HERE / "rules").glob("*.yml")
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.startswith("id: ")
    }
    assert names == {row[0] for row in EXAMPLES}
