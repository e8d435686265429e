// Korean.

export default `
welcome 토론 참가
name-asked 이름
microphone 마이크
allow 마이크 허용
unheard 마이크가 없으면 다른 사람이 들을 수 없습니다.
level 마이크 음량
may-record 본인의 음성을 녹음해도 될까요?
yes 예, 녹음해도 됩니다
no 아니요
record-note 토론이 끝나면 이 서버로 보냅니다. 언제든 철회할 수 있습니다.
how-many 새 방의 진행자가 되십니다. 몇 명이 참가하나요?
join 참가
left-note 이전 토론에서 보내지 못한 녹음이 있습니다.
send 지금 보내기
insecure 마이크는 https 페이지와 localhost에서만 쓸 수 있습니다.
not-allowed 마이크가 허용되지 않았습니다. 주소 옆에서 허용하거나 그냥 참가하세요.
offline 서버가 응답하지 않습니다. 네트워크를 확인하세요.

soon 곧 토론이 시작됩니다
waiting {0}명을 더 기다립니다. 모두 모여 서로 들리면 시작합니다.
all-here 모두 모였습니다. 서로 들리면 시작합니다.
counting 모두 모였습니다. 곧 시작합니다.
invite 이 페이지의 주소로 다른 사람을 초대하세요.

untitled 토론
page-of {1}쪽 중 {0}쪽
page-n {0}쪽
time-left {0} 남음
choices 나의 선택
reveal-all 모두 선택하면 공개됩니다.
reveal-now 선택은 바로 공개되며 바꿀 수 없습니다.
have-chosen {1}명 중 {0}명이 선택했습니다.
chosen "{0}"을(를) 선택했습니다. 서버 디스크에 저장되었습니다.
next 다음 쪽
end 모두 끝내기
end-asked 모두의 토론을 끝낼까요?
so-far 지금까지의 선택

in-room 참가자 {0}/{1}명
you 나
host 진행자
gone 연결 끊김
connecting 음성 연결 중
connected 음성 연결됨
speaks 말하는 중
muted 음소거
is-recorded 녹음 중
speaking 말하는 사람: {0}
no-mic 마이크 없음
muted-false 음소거
muted-true 음소거 해제
push 눌러서 말하기
recording-true 녹음: 켜짐
recording-false 녹음: 꺼짐
leave 나가기
leave-asked 나갈까요? 자리는 다른 사람에게 열립니다.
blocked 소리를 켜려면 아무 곳이나 누르세요.

their-join {0} 님이 자리에 앉았습니다.
their-leave {0} 님이 나갔습니다.
their-connected {0} 님이 돌아왔습니다.
their-disconnected {0} 님의 연결이 끊겼습니다. 자리는 남겨 둡니다.
their-host_changed 이제 {0} 님이 진행자입니다.
their-recording_started {0} 님의 음성을 녹음하고 있습니다.
their-choice_submitted {0} 님이 {1}쪽에서 선택했습니다.
own-host_changed 이제 진행자입니다.
own-recording_started 음성을 녹음하고 있습니다.
own-recording_stopped 녹음이 끝났습니다.
start 토론이 시작되었습니다.
next_page {1}쪽: {0}
choices_revealed {1}쪽: {0}

away 연결이 끊겼습니다. 다시 연결하는 중입니다…
relay-refuses 중계 서버(TURN)가 로그인을 거부해 소리가 끊길 수 있습니다.
relay-silent 중계 서버(TURN)가 응답하지 않아 소리가 끊길 수 있습니다.
details 소리와 연결
quality 왕복 {0} ms, 지터 {1} ms, 손실 {2} %, 메움 {3} %, 버퍼 {4} ms, {5}
relayed 중계
direct 직접
compare 서로 맞춰 볼 낱말: {0}
encrypted 암호 {0}

ended 토론이 끝났습니다.
ended-host 진행자가 토론을 끝냈습니다.
ended-agenda 순서가 모두 끝나 토론이 끝났습니다.
ended-empty 아무도 남지 않아 토론이 끝났습니다.
you-left 토론에서 나왔습니다.
stopped-4001 다른 곳에서 참가하여 이 페이지는 멈춥니다.
stopped-full 자리가 모두 찼습니다.
refused 서버가 입장을 허락하지 않습니다({0}).
sending 녹음을 보내는 중: {0} %
arrived 녹음이 도착했습니다.
unsent 녹음을 보내지 못해 이 브라우저에 두었습니다. {0}
report 보고서 읽기
`;
