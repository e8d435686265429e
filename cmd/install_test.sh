#!/bin/bash
# What `make install` puts in place can be used from there: the program, its manual and words, the
# library by pkg-config; and `make uninstall` takes all of it away.
. cmd/testing.sh
trap '[[ ${server-} ]] && kill -9 "$server" "${join-}" 2>/dev/null; rm -rf "$work"' EXIT
build=${program%/debate}
unset MAKEFLAGS MAKELEVEL MFLAGS
prefix=/opt/debate
root=$work/root$prefix
: >out
: >err

make -C "$tree" B="${build#"$tree/"}" DESTDIR="$work/root" PREFIX=$prefix install >out 2>err ||
    fail 'make install'
"$root/bin/debate" --version >out 2>err || fail 'the installed program does not run'
version=$(<out)
for page in debate.1 debate-serve.1 debate-log.5 debate-protocol.7; do
    man -M "$root/share/man" -w "${page##*.}" "${page%.*}" >out 2>err || fail "no page $page"
done
for file in share/locale/ko/LC_MESSAGES/debate.mo share/bash-completion/completions/debate \
    share/zsh/site-functions/_debate share/fish/vendor_completions.d/debate.fish; do
    [[ -s $root/$file ]] || fail "no $file"
done
[[ -x $root/libexec/debate-recogniser && -s $root/share/debate/prompts/prompt.txt &&
    -s $root/share/debate/prompts/schema.json ]] || fail 'no recogniser, or no prompts'
(($(find "$root" -type f -perm /022 | wc -l) == 0)) || fail 'others can write what is installed'

# The service, which has no more rights than it needs.
sed "s,$prefix/bin,$root/bin," "$root/lib/systemd/system/debate.service" >debate.service
systemd-analyze verify --man=no ./debate.service >out 2>err || fail 'the unit is not one'
systemd-analyze security --offline=true --threshold=15 ./debate.service >out 2>err ||
    fail 'the unit is not hardened'
[[ -s $root/share/debate/nginx-site.conf ]] || fail 'no site for nginx'

# The words: an order that there is not is refused in Korean.
mkfifo listening told
"$root/bin/debate" serve --listen 127.0.0.1:0 >listening 2>err &
server=$!
read -r url <listening
echo /dance | LANG=ko_KR.UTF-8 "$root/bin/debate" join sunday --server "${url#listening on }" \
    --input none --output none --folder "$work" >told 2>err &
join=$!
while read -r line; do
    [[ $line != *'"type":"error"'* ]] || break
done <told
LC_ALL=C grep -q $'[\xea-\xed]' <<<"$line" || # UTF-8 of Hangul
    fail "the installed program speaks no Korean: $line"
# The page for browsers, and nothing that only its tests need.
curl -fsS "${url#listening on }/r/sunday" >out 2>err || fail 'the installed program has no page'
while read -r asset; do
    curl -fsS "${url#listening on }$asset" >/dev/null 2>err || fail "the page lacks $asset"
done < <(grep -oE '/web/[^">]+' out)
[[ ! -e $root/share/debate/web/testing ]] || fail 'tests are installed'
kill -9 $join $server
wait $join $server
server=

# The library.
export PKG_CONFIG_PATH=$root/lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=$work/root
[[ "debate $(pkg-config --modversion debate)" == "$version" ]] || fail 'pkg-config has another version'
read -ra flags < <(pkg-config --cflags debate)
read -ra libraries < <(pkg-config --libs debate)
case $build in
*-address* | *-undefined* | *-thread*)
    sanitizers=${build##*build-}
    flags+=(-fsanitize="${sanitizers//-/,}")
    ;;
esac
cat >event.c <<'END'
#include <debate/proto/event.h>
#include <stdio.h>
#include <string.h>
int main(void)
{
    const char *line = "{\"type\":\"next_page\",\"seq\":17,\"ts\":1,\"actor\":\"p1\",\"data\":{\"page\":2}}";
    struct event_doc doc;
    if (event_parse(line, strlen(line), &doc))
        return 1;
    printf("%s %u\n", event_type_name(doc.event.type), doc.event.next_page.page);
    event_doc_release(&doc);
}
END
sed 's,<debate/proto/event.h>,"proto/event.h",' event.c >other.c
for source in event.c other.c; do
    ${CC:-cc} -Wall -Werror "${flags[@]}" "$source" "${libraries[@]}" -o user >out 2>err &&
        ./user >out 2>err || fail "a program does not get the library: $source"
    [[ $(<out) == 'next_page 2' ]] || fail 'it reads an event wrongly'
done
# Each header stands by itself.
while read -r header; do
    ${CC:-cc} -Wall -Werror "${flags[@]}" -x c -fsyntax-only -include "$header" /dev/null >out 2>err ||
        fail "$header does not stand by itself"
done < <(find "$root/include" -name '*.h')

make -C "$tree" B="${build#"$tree/"}" DESTDIR="$work/root" PREFIX=$prefix uninstall >out 2>err ||
    fail 'make uninstall'
find "$root" -type f >out
find "$root/include" -mindepth 1 >>out
[[ -s out ]] && fail 'make uninstall leaves something'

make -C "$tree" B="${build#"$tree/"}" PREFIX=here install >out 2>err && fail 'a PREFIX that is relative'

finish
