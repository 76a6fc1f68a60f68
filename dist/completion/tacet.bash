# shellcheck shell=bash disable=SC2207
# Completion of tacet and tacetd for bash; installed as
# share/bash-completion/completions/{tacet,tacetd}.

_tacet_words() { # _tacet_words WORD... : offers the words that fit
	COMPREPLY=($(compgen -W "$*" -- "${COMP_WORDS[COMP_CWORD]}"))
}

# The first word after the command that is no option and no option's value.
_tacet_verb() {
	local i w
	for ((i = 1; i < COMP_CWORD; i++)); do
		w=${COMP_WORDS[i]}
		case $w in
		--home | --server | --ca | --data) i=$((i + 1)) ;;
		-*) ;;
		*)
			echo "$w"
			return
			;;
		esac
	done
}

_tacet() {
	case ${COMP_WORDS[COMP_CWORD - 1]} in
	--home | --ca | --code-file)
		COMPREPLY=($(compgen -f -- "${COMP_WORDS[COMP_CWORD]}"))
		return
		;;
	--cause)
		_tacet_words typed before-send after-receipt refresh contact-sync
		return
		;;
	esac
	case $(_tacet_verb) in
	'') _tacet_words register lookup contacts send receive devices safety \
		file --home --server --ca --json --help --version ;;
	register) _tacet_words --code-file ;;
	lookup) _tacet_words --classic --cause ;;
	contacts) _tacet_words add list remove ;;
	send) _tacet_words --sms --lines ;;
	receive) _tacet_words --follow --timeout ;;
	devices) _tacet_words list link accept ;;
	esac
}

_tacetd() {
	case ${COMP_WORDS[COMP_CWORD - 1]} in
	--data | --config)
		COMPREPLY=($(compgen -f -- "${COMP_WORDS[COMP_CWORD]}"))
		return
		;;
	esac
	_tacet_words --data --config --listen --demo --help --version
}

complete -F _tacet tacet
complete -F _tacetd tacetd
