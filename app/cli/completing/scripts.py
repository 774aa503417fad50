"""What a shell has to be told so that it asks us: one short script for each, which calls `__complete`."""

from __future__ import annotations

BASH = r"""# bash completion for stackyard: source <(stackyard completion bash)
_stackyard() {
    local line="${COMP_LINE:0:COMP_POINT}" word lead directive
    local -a words found
    read -a words <<<"$line"
    [[ $line == *[[:space:]] ]] && words+=("")
    word="${words[-1]}"
    mapfile -t found < <("${words[0]}" __complete "${words[@]:1}" 2>/dev/null)
    ((${#found[@]})) || return
    directive="${found[-1]#:}"
    unset "found[-1]"
    # Readline breaks words at colons and equals signs: what stands before the last one is there already.
    lead=""
    [[ $COMP_WORDBREAKS == *:* && $word == *:* ]] && lead="${word%"${word##*:}"}"
    [[ $COMP_WORDBREAKS == *=* && ${word#"$lead"} == *=* ]] && lead="${word%"${word##*=}"}"
    COMPREPLY=()
    local one
    for one in "${found[@]}"; do
        one="${one%%$'\t'*}"
        COMPREPLY+=("$(printf '%q' "${one#"$lead"}")")
    done
    if ((directive & 2)); then compopt -o nospace; fi
    if ! ((directive & 4)); then
        if ((${#COMPREPLY[@]} == 0)); then compopt -o filenames; fi
        mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "${word#"$lead"}")
    fi
}
complete -F _stackyard stackyard
"""

ZSH = r"""#compdef stackyard
# zsh completion for stackyard: source <(stackyard completion zsh)
_stackyard() {
    local -a found texts shown
    local one directive
    found=("${(@f)$("${(Q)words[1]}" __complete "${(@Q)words[2,CURRENT]}" 2>/dev/null)}")
    directive="${found[-1]#:}"
    found=("${(@)found[1,-2]}")
    for one in "${found[@]}"; do
        texts+=("${one%%$'\t'*}")
        shown+=("${one%%$'\t'*}${${one#*$'\t'}:+  -- ${one#*$'\t'}}")
    done
    local -a without=()
    (( directive & 2 )) && without=(-S '')
    (( ${#texts} )) && compadd "${without[@]}" -l -d shown -a texts
    (( directive & 4 )) || _files
}
(( $+functions[compdef] )) || { autoload -Uz compinit && compinit -u }
compdef _stackyard stackyard
"""

FISH = r"""# fish completion for stackyard: stackyard completion fish | source
function __stackyard_complete
    set -l words (commandline -opc)
    set -l word (commandline -ct)
    set -l found ($words[1] __complete $words[2..] "$word" 2>/dev/null)
    test (count $found) -gt 0; or return
    test (count $found) -gt 1; and printf '%s\n' $found[1..-2]
    set -l directive (string replace ':' '' $found[-1])
    test (math "bitand($directive, 4)") -eq 0; and __fish_complete_path "$word"
end
complete -c stackyard -f -a '(__stackyard_complete)'
"""

SCRIPTS = {"bash": BASH, "fish": FISH, "zsh": ZSH}
