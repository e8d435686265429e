# Completes debate in bash; made by `make gen` from the table of options.
_debate() {
    local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
    local equals= options= kind=none words=
    # --name=value comes as three words.
    if [[ $word == = ]]; then
        word= equals==
    elif [[ $previous == = ]]; then
        previous=${COMP_WORDS[COMP_CWORD - 2]} equals==
    fi
    if ((COMP_CWORD == 1)); then
        options='--help -h --version ' kind=words words='serve join room token choose upload replay bot analyze report mix forget devices'
    else
        case ${COMP_WORDS[1]} in
        serve)
            options='--agenda --countdown --data --empty --guests --language --listen -l --llm --llm-key-file --llm-model --origin --ping --prompts --quota --rate-limit --record --seats --secret-file --silent --stt --stt-key-file --stt-model --stun --tls-cert --tls-key --turn --turn-secret-file --help -h --version '
            case $previous$equals in
            --agenda | --agenda=) options= kind=file ;;
            --countdown | --countdown=) options= kind=none ;;
            --data | --data=) options= kind=directory ;;
            --empty | --empty=) options= kind=none ;;
            --guests=) options= kind=words words='rooms on off' ;;
            --language | --language=) options= kind=none ;;
            -l | --listen | --listen=) options= kind=none ;;
            --llm | --llm=) options= kind=none ;;
            --llm-key-file | --llm-key-file=) options= kind=file ;;
            --llm-model | --llm-model=) options= kind=none ;;
            --origin | --origin=) options= kind=none ;;
            --ping | --ping=) options= kind=none ;;
            --prompts | --prompts=) options= kind=directory ;;
            --quota | --quota=) options= kind=none ;;
            --rate-limit | --rate-limit=) options= kind=none ;;
            --record | --record=) options= kind=words words='auto manual off' ;;
            --seats | --seats=) options= kind=none ;;
            --secret-file | --secret-file=) options= kind=file ;;
            --silent | --silent=) options= kind=none ;;
            --stt | --stt=) options= kind=none ;;
            --stt-key-file | --stt-key-file=) options= kind=file ;;
            --stt-model | --stt-model=) options= kind=none ;;
            --stun | --stun=) options= kind=none ;;
            --tls-cert | --tls-cert=) options= kind=file ;;
            --tls-key | --tls-key=) options= kind=file ;;
            --turn | --turn=) options= kind=none ;;
            --turn-secret-file | --turn-secret-file=) options= kind=file ;;
            esac
            ;;
        join)
            options='--agenda --echo-cancel --folder --input -i --json --name -n --output -o --record --seats --server -s --talk --token --help -h --version '
            case $previous$equals in
            --agenda | --agenda=) options= kind=file ;;
            --echo-cancel | --echo-cancel=) options= kind=words words='auto on off' ;;
            --folder | --folder=) options= kind=directory ;;
            -i | --input | --input=) options= kind=file ;;
            -n | --name | --name=) options= kind=none ;;
            -o | --output | --output=) options= kind=file ;;
            --record | --record=) options= kind=words words='yes no ask' ;;
            --seats | --seats=) options= kind=none ;;
            -s | --server | --server=) options= kind=none ;;
            --talk | --talk=) options= kind=words words='open key' ;;
            --token | --token=) options= kind=none ;;
            esac
            ;;
        room)
            options='--agenda --json --name -n --seats --server -s --token --help -h --version '
            ((COMP_CWORD > 2)) || kind=words words='create show list end'
            case $previous$equals in
            --agenda | --agenda=) options= kind=file ;;
            -n | --name | --name=) options= kind=none ;;
            --seats | --seats=) options= kind=none ;;
            -s | --server | --server=) options= kind=none ;;
            --token | --token=) options= kind=none ;;
            esac
            ;;
        token)
            options='--data --expires -e --name -n --role --room --secret-file --user -u --help -h --version '
            case $previous$equals in
            --data | --data=) options= kind=directory ;;
            -e | --expires | --expires=) options= kind=none ;;
            -n | --name | --name=) options= kind=none ;;
            --role | --role=) options= kind=words words='debater host observer operator' ;;
            --room | --room=) options= kind=none ;;
            --secret-file | --secret-file=) options= kind=file ;;
            -u | --user | --user=) options= kind=none ;;
            esac
            ;;
        choose)
            options='--json --page --server -s --token --help -h --version '
            case $previous$equals in
            --page | --page=) options= kind=none ;;
            -s | --server | --server=) options= kind=none ;;
            --token | --token=) options= kind=none ;;
            esac
            ;;
        upload)
            options='--json --participant --pending --recording-id --room --server -s --session --to --token --help -h --version ' kind=file
            case $previous$equals in
            --participant | --participant=) options= kind=none ;;
            --recording-id | --recording-id=) options= kind=none ;;
            --room | --room=) options= kind=none ;;
            -s | --server | --server=) options= kind=none ;;
            --session | --session=) options= kind=none ;;
            --to | --to=) options= kind=none ;;
            --token | --token=) options= kind=none ;;
            esac
            ;;
        replay)
            options='--check --json --speed --help -h --version ' kind=file
            case $previous$equals in
            --speed | --speed=) options= kind=none ;;
            esac
            ;;
        bot)
            options='--as --json --output -o --room --server -s --summary --token --with-server --help -h --version ' kind=file
            case $previous$equals in
            --as | --as=) options= kind=none ;;
            -o | --output | --output=) options= kind=directory ;;
            --room | --room=) options= kind=none ;;
            -s | --server | --server=) options= kind=none ;;
            --summary | --summary=) options= kind=directory ;;
            --token | --token=) options= kind=none ;;
            esac
            ;;
        analyze)
            options='--data --language --llm --llm-key-file --llm-model --prompts --space --stt --stt-key-file --stt-model --help -h --version '
            case $previous$equals in
            --data | --data=) options= kind=directory ;;
            --language | --language=) options= kind=none ;;
            --llm | --llm=) options= kind=none ;;
            --llm-key-file | --llm-key-file=) options= kind=file ;;
            --llm-model | --llm-model=) options= kind=none ;;
            --prompts | --prompts=) options= kind=directory ;;
            --space | --space=) options= kind=none ;;
            --stt | --stt=) options= kind=none ;;
            --stt-key-file | --stt-key-file=) options= kind=file ;;
            --stt-model | --stt-model=) options= kind=none ;;
            esac
            ;;
        report)
            options='--audio --data --format --language --output -o --help -h --version '
            case $previous$equals in
            --audio | --audio=) options= kind=words words='embed beside none' ;;
            --data | --data=) options= kind=directory ;;
            --format | --format=) options= kind=words words='html md json vtt srt csv' ;;
            --language | --language=) options= kind=words words='en ko' ;;
            -o | --output | --output=) options= kind=file ;;
            esac
            ;;
        mix)
            options='--data --output -o --tracks --help -h --version '
            case $previous$equals in
            --data | --data=) options= kind=directory ;;
            -o | --output | --output=) options= kind=file ;;
            --tracks | --tracks=) options= kind=none ;;
            esac
            ;;
        forget)
            options='--data --json --server -s --token --help -h --version '
            case $previous$equals in
            --data | --data=) options= kind=directory ;;
            -s | --server | --server=) options= kind=none ;;
            --token | --token=) options= kind=none ;;
            esac
            ;;
        devices)
            options='--input -i --json --output -o --seconds --test -t --help -h --version '
            case $previous$equals in
            -i | --input | --input=) options= kind=file ;;
            -o | --output | --output=) options= kind=file ;;
            --seconds | --seconds=) options= kind=none ;;
            esac
            ;;
        esac
    fi
    [[ ! $options || $word != -* ]] || kind=words words=$options
    COMPREPLY=()
    case $kind in
    words) mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word") ;;
    file | directory)
        compopt -o filenames 2>/dev/null
        mapfile -t COMPREPLY < <(compgen -A "$kind" -- "$word")
        ;;
    esac
}
complete -F _debate debate
