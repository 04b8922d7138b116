/** Asks the command itself, so that what is offered is always what this version has. The first line says whether files fit. */
const bash = `# bash completion of assay: eval "$(assay completion bash)"
_assay() {
  local IFS=$'\\n' answer
  answer=($("\${COMP_WORDS[0]}" completion --candidates "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)) || return
  COMPREPLY=($(compgen -W "\${answer[*]:1}" -- "\${COMP_WORDS[COMP_CWORD]}"))
  if [[ \${answer[0]} == files ]]; then
    compopt -o filenames 2>/dev/null
    COMPREPLY+=($(compgen -f -- "\${COMP_WORDS[COMP_CWORD]}"))
  fi
}
complete -F _assay assay
`

const zsh = `#compdef assay
# zsh completion of assay: eval "$(assay completion zsh)"
_assay() {
  local -a answer
  answer=("\${(@f)$("\${words[1]}" completion --candidates "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if (( \${#answer} > 1 )); then compadd -- "\${(@)answer[2,-1]}"; fi
  if [[ \${answer[1]} == files ]]; then _files; fi
}
compdef _assay assay
`

const fish = `# fish completion of assay: assay completion fish | source
function __assay_candidates
  set -l words (commandline -opc) (commandline -ct)
  set -l answer ($words[1] completion --candidates $words[2..-1] 2>/dev/null)
  string match -q files -- $answer[1]; and __fish_complete_path (commandline -ct)
  printf '%s\\n' $answer[2..-1]
end
complete -c assay -f -a '(__assay_candidates)'
`

/** What a shell reads to complete the command line. */
export const completionScripts: Record<string, string> = { bash, zsh, fish }
