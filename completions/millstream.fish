# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_millstream_global_optspecs
    string join \n h/help V/version
end

function __fish_millstream_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_millstream_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_millstream_using_subcommand
    set -l cmd (__fish_millstream_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c millstream -n "__fish_millstream_needs_command" -s h -l help -d 'Print help'
complete -c millstream -n "__fish_millstream_needs_command" -s V -l version -d 'Print version'
complete -c millstream -n "__fish_millstream_needs_command" -f -a "run" -d 'Run the pipelines until a signal asks to stop'
complete -c millstream -n "__fish_millstream_needs_command" -f -a "check" -d 'Check the configuration, and say everything that is wrong with it'
complete -c millstream -n "__fish_millstream_needs_command" -f -a "status" -d 'Show what runs, how far behind it is, and why something stopped'
complete -c millstream -n "__fish_millstream_needs_command" -f -a "top" -d 'Show rates and lag of all pipelines as they change'
complete -c millstream -n "__fish_millstream_needs_command" -f -a "reload" -d 'Take changed files in, and say what was done'
complete -c millstream -n "__fish_millstream_needs_command" -f -a "pause" -d 'Let a pipeline finish what is in flight and leave its group, until `resume`'
complete -c millstream -n "__fish_millstream_needs_command" -f -a "resume" -d 'Let a pipeline run again: after a pause, a stop or a failure'
complete -c millstream -n "__fish_millstream_needs_command" -f -a "restart" -d 'Drain a pipeline and start it anew'
complete -c millstream -n "__fish_millstream_needs_command" -f -a "log-level" -d 'Log more or less from now on, until the next reload'
complete -c millstream -n "__fish_millstream_needs_command" -f -a "demo" -d 'Show a pipeline at work, with a broker of its own'
complete -c millstream -n "__fish_millstream_needs_command" -f -a "schema" -d 'Print the JSON Schema of a configuration file'
complete -c millstream -n "__fish_millstream_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c millstream -n "__fish_millstream_using_subcommand run" -l config -d 'The daemon\'s own file; default: /etc/millstream/millstream.yaml where no PATH is given' -r -F
complete -c millstream -n "__fish_millstream_using_subcommand run" -l schema-registry -d 'The schema registry, over `schema_registry` of the daemon\'s file' -r
complete -c millstream -n "__fish_millstream_using_subcommand run" -l bootstrap -d 'The brokers, over `bootstrap.servers` of the files' -r
complete -c millstream -n "__fish_millstream_using_subcommand run" -l socket -d 'The control socket; default: control.sock in $RUNTIME_DIRECTORY, for root in /run/millstream, else in $XDG_RUNTIME_DIR/millstream' -r -F
complete -c millstream -n "__fish_millstream_using_subcommand run" -l exit-when-failed -d 'End when all pipelines have failed, in place of staying up (for containers)'
complete -c millstream -n "__fish_millstream_using_subcommand run" -s h -l help -d 'Print help'
complete -c millstream -n "__fish_millstream_using_subcommand check" -l config -d 'The daemon\'s own file; default: /etc/millstream/millstream.yaml where no PATH is given' -r -F
complete -c millstream -n "__fish_millstream_using_subcommand check" -l schema-registry -d 'The schema registry, over `schema_registry` of the daemon\'s file' -r
complete -c millstream -n "__fish_millstream_using_subcommand check" -l bootstrap -d 'The brokers, over `bootstrap.servers` of the files' -r
complete -c millstream -n "__fish_millstream_using_subcommand check" -l format -d 'How to print the findings' -r -f -a "text\t'For people'
json\t'One array of findings'"
complete -c millstream -n "__fish_millstream_using_subcommand check" -l socket -d 'The control socket; default: control.sock in $RUNTIME_DIRECTORY, for root in /run/millstream, else in $XDG_RUNTIME_DIR/millstream' -r -F
complete -c millstream -n "__fish_millstream_using_subcommand check" -l allow-unset -d 'Take unset variables as unknown, with a warning (for editors and CI)'
complete -c millstream -n "__fish_millstream_using_subcommand check" -l online -d 'Ask the brokers too: are they reachable, do the topics exist, may they be read and written?'
complete -c millstream -n "__fish_millstream_using_subcommand check" -l against-running -d 'Ask the running daemon what a reload of its files would do, and do nothing'
complete -c millstream -n "__fish_millstream_using_subcommand check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c millstream -n "__fish_millstream_using_subcommand status" -l socket -d 'The control socket; default: control.sock in $RUNTIME_DIRECTORY, for root in /run/millstream, else in $XDG_RUNTIME_DIR/millstream' -r -F
complete -c millstream -n "__fish_millstream_using_subcommand status" -l json -d 'Print what the API says'
complete -c millstream -n "__fish_millstream_using_subcommand status" -l watch -d 'Stay, and show it anew every two seconds'
complete -c millstream -n "__fish_millstream_using_subcommand status" -s h -l help -d 'Print help'
complete -c millstream -n "__fish_millstream_using_subcommand top" -l socket -d 'The control socket; default: control.sock in $RUNTIME_DIRECTORY, for root in /run/millstream, else in $XDG_RUNTIME_DIR/millstream' -r -F
complete -c millstream -n "__fish_millstream_using_subcommand top" -s h -l help -d 'Print help'
complete -c millstream -n "__fish_millstream_using_subcommand reload" -l socket -d 'The control socket; default: control.sock in $RUNTIME_DIRECTORY, for root in /run/millstream, else in $XDG_RUNTIME_DIR/millstream' -r -F
complete -c millstream -n "__fish_millstream_using_subcommand reload" -s h -l help -d 'Print help'
complete -c millstream -n "__fish_millstream_using_subcommand pause" -l socket -d 'The control socket; default: control.sock in $RUNTIME_DIRECTORY, for root in /run/millstream, else in $XDG_RUNTIME_DIR/millstream' -r -F
complete -c millstream -n "__fish_millstream_using_subcommand pause" -s h -l help -d 'Print help'
complete -c millstream -n "__fish_millstream_using_subcommand resume" -l socket -d 'The control socket; default: control.sock in $RUNTIME_DIRECTORY, for root in /run/millstream, else in $XDG_RUNTIME_DIR/millstream' -r -F
complete -c millstream -n "__fish_millstream_using_subcommand resume" -s h -l help -d 'Print help'
complete -c millstream -n "__fish_millstream_using_subcommand restart" -l socket -d 'The control socket; default: control.sock in $RUNTIME_DIRECTORY, for root in /run/millstream, else in $XDG_RUNTIME_DIR/millstream' -r -F
complete -c millstream -n "__fish_millstream_using_subcommand restart" -s h -l help -d 'Print help'
complete -c millstream -n "__fish_millstream_using_subcommand log-level" -l socket -d 'The control socket; default: control.sock in $RUNTIME_DIRECTORY, for root in /run/millstream, else in $XDG_RUNTIME_DIR/millstream' -r -F
complete -c millstream -n "__fish_millstream_using_subcommand log-level" -s h -l help -d 'Print help'
complete -c millstream -n "__fish_millstream_using_subcommand demo" -l for -d 'Stop after this long, such as `30s`; default: on a signal' -r
complete -c millstream -n "__fish_millstream_using_subcommand demo" -l broker -d 'A broker to use, in place of one made for the demo' -r
complete -c millstream -n "__fish_millstream_using_subcommand demo" -s h -l help -d 'Print help'
complete -c millstream -n "__fish_millstream_using_subcommand schema" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c millstream -n "__fish_millstream_using_subcommand help; and not __fish_seen_subcommand_from run check status top reload pause resume restart log-level demo schema help" -f -a "run" -d 'Run the pipelines until a signal asks to stop'
complete -c millstream -n "__fish_millstream_using_subcommand help; and not __fish_seen_subcommand_from run check status top reload pause resume restart log-level demo schema help" -f -a "check" -d 'Check the configuration, and say everything that is wrong with it'
complete -c millstream -n "__fish_millstream_using_subcommand help; and not __fish_seen_subcommand_from run check status top reload pause resume restart log-level demo schema help" -f -a "status" -d 'Show what runs, how far behind it is, and why something stopped'
complete -c millstream -n "__fish_millstream_using_subcommand help; and not __fish_seen_subcommand_from run check status top reload pause resume restart log-level demo schema help" -f -a "top" -d 'Show rates and lag of all pipelines as they change'
complete -c millstream -n "__fish_millstream_using_subcommand help; and not __fish_seen_subcommand_from run check status top reload pause resume restart log-level demo schema help" -f -a "reload" -d 'Take changed files in, and say what was done'
complete -c millstream -n "__fish_millstream_using_subcommand help; and not __fish_seen_subcommand_from run check status top reload pause resume restart log-level demo schema help" -f -a "pause" -d 'Let a pipeline finish what is in flight and leave its group, until `resume`'
complete -c millstream -n "__fish_millstream_using_subcommand help; and not __fish_seen_subcommand_from run check status top reload pause resume restart log-level demo schema help" -f -a "resume" -d 'Let a pipeline run again: after a pause, a stop or a failure'
complete -c millstream -n "__fish_millstream_using_subcommand help; and not __fish_seen_subcommand_from run check status top reload pause resume restart log-level demo schema help" -f -a "restart" -d 'Drain a pipeline and start it anew'
complete -c millstream -n "__fish_millstream_using_subcommand help; and not __fish_seen_subcommand_from run check status top reload pause resume restart log-level demo schema help" -f -a "log-level" -d 'Log more or less from now on, until the next reload'
complete -c millstream -n "__fish_millstream_using_subcommand help; and not __fish_seen_subcommand_from run check status top reload pause resume restart log-level demo schema help" -f -a "demo" -d 'Show a pipeline at work, with a broker of its own'
complete -c millstream -n "__fish_millstream_using_subcommand help; and not __fish_seen_subcommand_from run check status top reload pause resume restart log-level demo schema help" -f -a "schema" -d 'Print the JSON Schema of a configuration file'
complete -c millstream -n "__fish_millstream_using_subcommand help; and not __fish_seen_subcommand_from run check status top reload pause resume restart log-level demo schema help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
