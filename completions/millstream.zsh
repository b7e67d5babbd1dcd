#compdef millstream

autoload -U is-at-least

_millstream() {
    typeset -A opt_args
    typeset -a _arguments_options
    local ret=1

    if is-at-least 5.2; then
        _arguments_options=(-s -S -C)
    else
        _arguments_options=(-s -C)
    fi

    local context curcontext="$curcontext" state line
    _arguments "${_arguments_options[@]}" : \
'-h[Print help]' \
'--help[Print help]' \
'-V[Print version]' \
'--version[Print version]' \
":: :_millstream_commands" \
"*::: :->millstream" \
&& ret=0
    case $state in
    (millstream)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:millstream-command-$line[1]:"
        case $line[1] in
            (run)
_arguments "${_arguments_options[@]}" : \
'--config=[The daemon'\''s own file; default\: /etc/millstream/millstream.yaml where no PATH is given]:FILE:_files' \
'--schema-registry=[The schema registry, over \`schema_registry\` of the daemon'\''s file]:URL:_default' \
'--bootstrap=[The brokers, over \`bootstrap.servers\` of the files]:HOST:PORT:_default' \
'--socket=[The control socket; default\: control.sock in \$RUNTIME_DIRECTORY, for root in /run/millstream, else in \$XDG_RUNTIME_DIR/millstream]:PATH:_files' \
'--exit-when-failed[End when all pipelines have failed, in place of staying up (for containers)]' \
'-h[Print help]' \
'--help[Print help]' \
'*::paths -- A pipeline file or a folder of them, in place of the daemon'\''s `pipelines`:_files' \
&& ret=0
;;
(check)
_arguments "${_arguments_options[@]}" : \
'--config=[The daemon'\''s own file; default\: /etc/millstream/millstream.yaml where no PATH is given]:FILE:_files' \
'--schema-registry=[The schema registry, over \`schema_registry\` of the daemon'\''s file]:URL:_default' \
'--bootstrap=[The brokers, over \`bootstrap.servers\` of the files]:HOST:PORT:_default' \
'--format=[How to print the findings]:FORMAT:((text\:"For people"
json\:"One array of findings"))' \
'--socket=[The control socket; default\: control.sock in \$RUNTIME_DIRECTORY, for root in /run/millstream, else in \$XDG_RUNTIME_DIR/millstream]:PATH:_files' \
'--allow-unset[Take unset variables as unknown, with a warning (for editors and CI)]' \
'(--allow-unset)--online[Ask the brokers too\: are they reachable, do the topics exist, may they be read and written?]' \
'(--allow-unset --online --config --bootstrap --schema-registry)--against-running[Ask the running daemon what a reload of its files would do, and do nothing]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'*::paths -- A pipeline file or a folder of them, in place of the daemon'\''s `pipelines`:_files' \
&& ret=0
;;
(status)
_arguments "${_arguments_options[@]}" : \
'--socket=[The control socket; default\: control.sock in \$RUNTIME_DIRECTORY, for root in /run/millstream, else in \$XDG_RUNTIME_DIR/millstream]:PATH:_files' \
'--json[Print what the API says]' \
'--watch[Stay, and show it anew every two seconds]' \
'-h[Print help]' \
'--help[Print help]' \
'::name -- One pipeline, with all that is known of it:_default' \
&& ret=0
;;
(top)
_arguments "${_arguments_options[@]}" : \
'--socket=[The control socket; default\: control.sock in \$RUNTIME_DIRECTORY, for root in /run/millstream, else in \$XDG_RUNTIME_DIR/millstream]:PATH:_files' \
'-h[Print help]' \
'--help[Print help]' \
&& ret=0
;;
(reload)
_arguments "${_arguments_options[@]}" : \
'--socket=[The control socket; default\: control.sock in \$RUNTIME_DIRECTORY, for root in /run/millstream, else in \$XDG_RUNTIME_DIR/millstream]:PATH:_files' \
'-h[Print help]' \
'--help[Print help]' \
&& ret=0
;;
(pause)
_arguments "${_arguments_options[@]}" : \
'--socket=[The control socket; default\: control.sock in \$RUNTIME_DIRECTORY, for root in /run/millstream, else in \$XDG_RUNTIME_DIR/millstream]:PATH:_files' \
'-h[Print help]' \
'--help[Print help]' \
':name -- The pipeline:_default' \
&& ret=0
;;
(resume)
_arguments "${_arguments_options[@]}" : \
'--socket=[The control socket; default\: control.sock in \$RUNTIME_DIRECTORY, for root in /run/millstream, else in \$XDG_RUNTIME_DIR/millstream]:PATH:_files' \
'-h[Print help]' \
'--help[Print help]' \
':name -- The pipeline:_default' \
&& ret=0
;;
(restart)
_arguments "${_arguments_options[@]}" : \
'--socket=[The control socket; default\: control.sock in \$RUNTIME_DIRECTORY, for root in /run/millstream, else in \$XDG_RUNTIME_DIR/millstream]:PATH:_files' \
'-h[Print help]' \
'--help[Print help]' \
':name -- The pipeline:_default' \
&& ret=0
;;
(log-level)
_arguments "${_arguments_options[@]}" : \
'--socket=[The control socket; default\: control.sock in \$RUNTIME_DIRECTORY, for root in /run/millstream, else in \$XDG_RUNTIME_DIR/millstream]:PATH:_files' \
'-h[Print help]' \
'--help[Print help]' \
':level -- How much:(error warn info debug trace)' \
&& ret=0
;;
(demo)
_arguments "${_arguments_options[@]}" : \
'--for=[Stop after this long, such as \`30s\`; default\: on a signal]:DURATION:_default' \
'--broker=[A broker to use, in place of one made for the demo]:HOST:PORT:_default' \
'-h[Print help]' \
'--help[Print help]' \
&& ret=0
;;
(schema)
_arguments "${_arguments_options[@]}" : \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
':file -- Which file:((pipeline\:"A pipeline'\''s file"
daemon\:"The daemon'\''s own file"))' \
&& ret=0
;;
(help)
_arguments "${_arguments_options[@]}" : \
":: :_millstream__subcmd__help_commands" \
"*::: :->help" \
&& ret=0

    case $state in
    (help)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:millstream-help-command-$line[1]:"
        case $line[1] in
            (run)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(check)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(status)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(top)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(reload)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(pause)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(resume)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(restart)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(log-level)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(demo)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(schema)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(help)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
        esac
    ;;
esac
;;
        esac
    ;;
esac
}

(( $+functions[_millstream_commands] )) ||
_millstream_commands() {
    local commands; commands=(
'run:Run the pipelines until a signal asks to stop' \
'check:Check the configuration, and say everything that is wrong with it' \
'status:Show what runs, how far behind it is, and why something stopped' \
'top:Show rates and lag of all pipelines as they change' \
'reload:Take changed files in, and say what was done' \
'pause:Let a pipeline finish what is in flight and leave its group, until \`resume\`' \
'resume:Let a pipeline run again\: after a pause, a stop or a failure' \
'restart:Drain a pipeline and start it anew' \
'log-level:Log more or less from now on, until the next reload' \
'demo:Show a pipeline at work, with a broker of its own' \
'schema:Print the JSON Schema of a configuration file' \
'help:Print this message or the help of the given subcommand(s)' \
    )
    _describe -t commands 'millstream commands' commands "$@"
}
(( $+functions[_millstream__subcmd__check_commands] )) ||
_millstream__subcmd__check_commands() {
    local commands; commands=()
    _describe -t commands 'millstream check commands' commands "$@"
}
(( $+functions[_millstream__subcmd__demo_commands] )) ||
_millstream__subcmd__demo_commands() {
    local commands; commands=()
    _describe -t commands 'millstream demo commands' commands "$@"
}
(( $+functions[_millstream__subcmd__help_commands] )) ||
_millstream__subcmd__help_commands() {
    local commands; commands=(
'run:Run the pipelines until a signal asks to stop' \
'check:Check the configuration, and say everything that is wrong with it' \
'status:Show what runs, how far behind it is, and why something stopped' \
'top:Show rates and lag of all pipelines as they change' \
'reload:Take changed files in, and say what was done' \
'pause:Let a pipeline finish what is in flight and leave its group, until \`resume\`' \
'resume:Let a pipeline run again\: after a pause, a stop or a failure' \
'restart:Drain a pipeline and start it anew' \
'log-level:Log more or less from now on, until the next reload' \
'demo:Show a pipeline at work, with a broker of its own' \
'schema:Print the JSON Schema of a configuration file' \
'help:Print this message or the help of the given subcommand(s)' \
    )
    _describe -t commands 'millstream help commands' commands "$@"
}
(( $+functions[_millstream__subcmd__help__subcmd__check_commands] )) ||
_millstream__subcmd__help__subcmd__check_commands() {
    local commands; commands=()
    _describe -t commands 'millstream help check commands' commands "$@"
}
(( $+functions[_millstream__subcmd__help__subcmd__demo_commands] )) ||
_millstream__subcmd__help__subcmd__demo_commands() {
    local commands; commands=()
    _describe -t commands 'millstream help demo commands' commands "$@"
}
(( $+functions[_millstream__subcmd__help__subcmd__help_commands] )) ||
_millstream__subcmd__help__subcmd__help_commands() {
    local commands; commands=()
    _describe -t commands 'millstream help help commands' commands "$@"
}
(( $+functions[_millstream__subcmd__help__subcmd__log-level_commands] )) ||
_millstream__subcmd__help__subcmd__log-level_commands() {
    local commands; commands=()
    _describe -t commands 'millstream help log-level commands' commands "$@"
}
(( $+functions[_millstream__subcmd__help__subcmd__pause_commands] )) ||
_millstream__subcmd__help__subcmd__pause_commands() {
    local commands; commands=()
    _describe -t commands 'millstream help pause commands' commands "$@"
}
(( $+functions[_millstream__subcmd__help__subcmd__reload_commands] )) ||
_millstream__subcmd__help__subcmd__reload_commands() {
    local commands; commands=()
    _describe -t commands 'millstream help reload commands' commands "$@"
}
(( $+functions[_millstream__subcmd__help__subcmd__restart_commands] )) ||
_millstream__subcmd__help__subcmd__restart_commands() {
    local commands; commands=()
    _describe -t commands 'millstream help restart commands' commands "$@"
}
(( $+functions[_millstream__subcmd__help__subcmd__resume_commands] )) ||
_millstream__subcmd__help__subcmd__resume_commands() {
    local commands; commands=()
    _describe -t commands 'millstream help resume commands' commands "$@"
}
(( $+functions[_millstream__subcmd__help__subcmd__run_commands] )) ||
_millstream__subcmd__help__subcmd__run_commands() {
    local commands; commands=()
    _describe -t commands 'millstream help run commands' commands "$@"
}
(( $+functions[_millstream__subcmd__help__subcmd__schema_commands] )) ||
_millstream__subcmd__help__subcmd__schema_commands() {
    local commands; commands=()
    _describe -t commands 'millstream help schema commands' commands "$@"
}
(( $+functions[_millstream__subcmd__help__subcmd__status_commands] )) ||
_millstream__subcmd__help__subcmd__status_commands() {
    local commands; commands=()
    _describe -t commands 'millstream help status commands' commands "$@"
}
(( $+functions[_millstream__subcmd__help__subcmd__top_commands] )) ||
_millstream__subcmd__help__subcmd__top_commands() {
    local commands; commands=()
    _describe -t commands 'millstream help top commands' commands "$@"
}
(( $+functions[_millstream__subcmd__log-level_commands] )) ||
_millstream__subcmd__log-level_commands() {
    local commands; commands=()
    _describe -t commands 'millstream log-level commands' commands "$@"
}
(( $+functions[_millstream__subcmd__pause_commands] )) ||
_millstream__subcmd__pause_commands() {
    local commands; commands=()
    _describe -t commands 'millstream pause commands' commands "$@"
}
(( $+functions[_millstream__subcmd__reload_commands] )) ||
_millstream__subcmd__reload_commands() {
    local commands; commands=()
    _describe -t commands 'millstream reload commands' commands "$@"
}
(( $+functions[_millstream__subcmd__restart_commands] )) ||
_millstream__subcmd__restart_commands() {
    local commands; commands=()
    _describe -t commands 'millstream restart commands' commands "$@"
}
(( $+functions[_millstream__subcmd__resume_commands] )) ||
_millstream__subcmd__resume_commands() {
    local commands; commands=()
    _describe -t commands 'millstream resume commands' commands "$@"
}
(( $+functions[_millstream__subcmd__run_commands] )) ||
_millstream__subcmd__run_commands() {
    local commands; commands=()
    _describe -t commands 'millstream run commands' commands "$@"
}
(( $+functions[_millstream__subcmd__schema_commands] )) ||
_millstream__subcmd__schema_commands() {
    local commands; commands=()
    _describe -t commands 'millstream schema commands' commands "$@"
}
(( $+functions[_millstream__subcmd__status_commands] )) ||
_millstream__subcmd__status_commands() {
    local commands; commands=()
    _describe -t commands 'millstream status commands' commands "$@"
}
(( $+functions[_millstream__subcmd__top_commands] )) ||
_millstream__subcmd__top_commands() {
    local commands; commands=()
    _describe -t commands 'millstream top commands' commands "$@"
}

if [ "$funcstack[1]" = "_millstream" ]; then
    _millstream "$@"
else
    compdef _millstream millstream
fi
