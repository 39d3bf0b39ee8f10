"""Messages of the workbench: people, rights, requests, jobs, approval."""

from __future__ import annotations

from citycarbon.core.messages.message import Message, message

WORKBENCH_MESSAGES: dict[str, Message] = {
    "sign_in_needed": message(
        "input",
        ("Sign in to see this", "需要登录"),
        ("someone who has signed in, or a valid API token", "已登录的用户或有效的 API 令牌"),
        ("sign in, or send a token as 'Authorization: Bearer …'", "请登录，或以 'Authorization: Bearer …' 发送令牌"),
    ),
    "sign_in_wrong": message(
        "input",
        ("Name or password is wrong", "用户名或密码错误"),
        ("a name and its password", "用户名及其密码"),
        ("check both; an administrator can set a new password", "请核对；管理员可重设密码"),
    ),
    "oidc_failed": message(
        "input",
        ("The sign-in service did not let you in", "统一登录未成功"),
        (
            "an answer of the sign-in service to a question of this browser, within ten minutes",
            "十分钟内由统一登录服务对本浏览器的请求作出应答",
        ),
        (
            "begin again on the page 'Sign in'; an administrator finds the reason in the log of the server",
            "请在登录页重新开始；管理员可在服务器日志中查看原因",
        ),
    ),
    "person_self": message(
        "input",
        ("You cannot change your own role or password here", "不能在此修改自己的角色或密码"),
        ("another administrator", "由另一位管理员操作"),
        (
            "change your password on the page 'Account'; ask another administrator for a role",
            "密码请在“账户”页修改；角色请由另一位管理员修改",
        ),
    ),
    "too_many_tries": message(
        "input",
        ("Too many wrong passwords", "密码错误次数过多"),
        ("at most a few tries in {minutes} minutes", "{minutes} 分钟内只能尝试几次"),
        ("wait {minutes} minutes, then try again", "请等待 {minutes} 分钟后再试"),
    ),
    "role_missing": message(
        "input",
        ("Your role does not allow this", "您的角色无此权限"),
        ("the role {role}", "角色 {role}"),
        ("ask an administrator for the role {role}", "请管理员授予角色 {role}"),
    ),
    "form_stale": message(
        "input",
        ("The form has expired", "表单已过期"),
        ("a form of a page that you opened in this session", "本次登录期间打开的页面上的表单"),
        ("load the page again and send the form once more", "请刷新页面后重新提交"),
    ),
    "origin_foreign": message(
        "input",
        ("The request comes from another site", "请求来自其他网站"),
        ("a request of this workbench's own pages", "来自本平台页面的请求"),
        ("open the page here and send it from there", "请在本平台页面中操作"),
    ),
    "host_unknown": message(
        "input",
        ("The workbench is not known by this name", "本平台不使用此主机名"),
        ("one of the names in CITYCARBON_HOSTS", "CITYCARBON_HOSTS 中的主机名"),
        ("use the address that the administrator gave you", "请使用管理员提供的地址"),
    ),
    "setup_closed": message(
        "input",
        ("The page for the first administrator is closed", "首位管理员设置页已关闭"),
        ("the link that the server printed at its last start, used once", "服务器最近一次启动时打印的一次性链接"),
        (
            "start the server again for a new link, if nobody has signed in yet",
            "若尚无管理员，请重启服务器以获取新链接",
        ),
    ),
    "person_name": message(
        "input",
        ("The name cannot be used", "名称不可用"),
        ("1 to 100 signs, none of them invisible", "1 至 100 个可见字符"),
        ("choose another name", "请另取名称"),
    ),
    "person_taken": message(
        "input",
        ("The name is taken", "名称已被使用"),
        ("a name that nobody has", "尚未使用的名称"),
        ("choose another name", "请另取名称"),
    ),
    "password_weak": message(
        "input",
        ("The password is too easy to guess", "密码过于简单"),
        (
            "{least} to 200 signs, at least five different ones, and not the name",
            "{least} 至 200 个字符，至少五种不同字符，且不同于用户名",
        ),
        ("choose a longer password, for example four words", "请使用更长的密码，例如四个词"),
    ),
    "study_unknown": message(
        "input",
        ("There is no such study, or it is not open to you", "没有此研究，或您无权查看"),
        ("a study of your list", "您的列表中的研究"),
        ("choose one from the list of studies", "请从研究列表中选择"),
    ),
    "address_unknown": message(
        "input",
        ("There is nothing at this address", "此地址没有内容"),
        ("an address of this workbench", "本平台的有效地址"),
        ("start from the list of studies", "请从研究列表开始"),
    ),
    "way_not_allowed": message(
        "input",
        ("The address does not take this kind of request", "此地址不接受该请求方式"),
        ("a method that the address offers", "该地址支持的请求方法"),
        ("see the description of the API", "请查看 API 说明"),
    ),
    "table_unknown": message(
        "input",
        ("There is no such table", "没有此表"),
        ("one of {known}", "其中之一：{known}"),
        ("choose a table of the study", "请选择该研究的表"),
    ),
    "query_wrong": message(
        "input",
        ("A part of the query cannot be read", "查询参数无法识别"),
        ("{wanted}", "{wanted}，按要求填写"),
        ("correct this part of the address", "请修正地址中的该部分"),
    ),
    "query_unknown": message(
        "input",
        ("The query has a word that this address does not know", "查询中含有此地址不支持的参数"),
        ("one of {known}", "以下之一：{known}"),
        (
            "correct or leave out the word; a filter that is not known would give more than was asked",
            "改正或去掉该参数；不被识别的筛选条件会返回超出所求的内容",
        ),
    ),
    "request_too_large": message(
        "input",
        ("The request is too large", "请求过大"),
        ("at most {limit}", "不超过 {limit}"),
        ("send less, or ask the administrator to raise the limit", "请减小内容，或请管理员提高上限"),
    ),
    "server_failed": message(
        "input",
        ("Something went wrong on the server", "服务器出错"),
        ("an answer; nothing was changed", "正常应答；未作任何更改"),
        (
            "try again; if it stays, tell the administrator the number {number}",
            "请重试；若仍出错，请将编号 {number} 告知管理员",
        ),
    ),
    "request_wrong": message(
        "schema",
        ("A part of the request is not as described", "请求中有一部分不符合说明"),
        ("{wanted}", "按说明填写：{wanted}"),
        ("see the description of the API for this address", "请查看该地址的 API 说明"),
    ),
    "study_busy": message(
        "input",
        ("The study is being worked on", "该研究正在处理中"),
        ("one job of a study at a time", "每个研究同时只能有一个任务"),
        ("wait for its job, or cancel it", "请等待任务结束，或取消任务"),
    ),
    "job_unknown": message(
        "input",
        ("There is no such job, or it is not open to you", "没有此任务，或您无权查看"),
        ("a job of a study that you may read", "您可查看的研究的任务"),
        ("see the jobs of the study on its page Data", "请在研究的“数据”页查看任务"),
    ),
    "study_exists": message(
        "input",
        ("A study of this name is there already", "同名研究已存在"),
        ("a name that no study has: small letters, digits, hyphens", "尚未使用的名称：小写字母、数字、连字符"),
        ("choose another name", "请另取名称"),
    ),
    "upload_unknown": message(
        "input",
        ("There is no such upload", "没有此上传文件"),
        ("an upload of your own that was not taken over or thrown away", "您本人上传且尚未采用或丢弃的文件"),
        ("upload the file again", "请重新上传"),
    ),
    "version_changed": message(
        "input",
        ("The version is not the one that can be decided on", "该版本目前不能作此决定"),
        ("the present version, in the state {state}", "当前版本，且状态为 {state}"),
        ("load the page again and look at what changed", "请刷新页面查看变化"),
    ),
    "approve_own": message(
        "input",
        ("Nobody decides on a version that they handed in", "不能审批本人提交的版本"),
        ("another approver", "另一位审批人"),
        ("ask someone else with the role approver", "请其他审批人处理"),
    ),
    "method_too_long": message(
        "input",
        ("The method did not end in time", "方法未能按时完成"),
        ("an answer within {seconds} seconds", "{seconds} 秒内完成"),
        (
            "send fewer rows or draws, or use it in a study, where a run may take its time",
            "请减少行数或抽样次数，或在研究中使用该方法",
        ),
    ),
}
